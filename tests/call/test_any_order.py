"""Whatever happens, in any order, at any time: a call keeps its promises (they stand in ``world``)."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from app.audio.soundness import Flaw
from app.call.events import (
    AssistantInterrupted,
    DeadlinePassed,
    Draining,
    Event,
    GenerationCompleted,
    HandoffAnswered,
    HandoffFailed,
    KeyPressed,
    LanguageDetected,
    MarkReached,
    PhotoReceived,
    SessionEnding,
    SessionRenewable,
    SourcesFound,
    SupervisorAsked,
    SupervisorSpoke,
    TextReceived,
    ToolCancelled,
    TurnCompleted,
    UsageReported,
)
from app.call.image import Image
from app.call.rules import LanguagePolicy
from tests.call.world import POLICIES, World, rules_for
from tests.playbook import frame, sound

KEYS = st.sampled_from("0123456789*#").map(KeyPressed)
FLAWS: st.SearchStrategy[Flaw] = st.sampled_from(["", "", "", "silence", "tone"])
CODES = st.sampled_from([0, 429, 500, 1000, 1001, 1006, 1007, 1008, 1011, 401])
TOOLS = st.sampled_from(
    ["look_up_order", "open_ticket", "book", "switch_language", "end_call", "hand_off", "press_keys", "unheard_of"]
)
SECONDS = st.sampled_from([0.0, 0.001, 0.02, 0.1, 0.26, 0.45, 1.0, 1.2, 2.0, 5.0, 11.0, 40.0]) | st.floats(0.0, 3.0)
OF_THE_MODEL: st.SearchStrategy[Event] = st.sampled_from(
    [
        GenerationCompleted(),
        TurnCompleted(),
        AssistantInterrupted(),
        SessionEnding(0.0),
        SessionEnding(50.0),
        SessionRenewable("h-1"),
        SessionRenewable(None),
        UsageReported({"total": 3}),
        UsageReported({"response.audio": 40_000}),
        SourcesFound(({"title": "A page", "uri": "https://example.com"},)),
        LanguageDetected("caller", "es"),
        LanguageDetected("assistant", "es"),
        LanguageDetected("assistant", "fr"),
    ]
)
OF_THE_HOUSE: st.SearchStrategy[Event] = st.sampled_from(
    [
        HandoffAnswered(),
        HandoffFailed("no-answer"),
        TextReceived("1047"),
        PhotoReceived(Image(b"", 4, 3)),
        SupervisorAsked("say", "We close soon."),
        SupervisorAsked("note", "She is a regular."),
        SupervisorAsked("end"),
        SupervisorAsked("hand_off"),
        SupervisorAsked("hold"),
        SupervisorAsked("take_over"),
        SupervisorAsked("resume"),
        SupervisorAsked("listen"),
        SupervisorSpoke(sound(100)),
        Draining(0.0),
        Draining(60.0),
        Draining(28.0, elsewhere=True),
        DeadlinePassed(),
    ]
)


class AnyOrder(RuleBasedStateMachine):
    """One call in its world; each rule is one thing that can happen."""

    world: World

    @initialize(
        handoff=st.booleans(),
        short=st.booleans(),
        at=st.sampled_from([0.0, 1_000.0, 1e6]),
        policy=st.sampled_from(POLICIES),
        cached=st.booleans(),
        updates=st.booleans(),
        aged=st.booleans(),
    )
    def ring(
        self, handoff: bool, short: bool, at: float, policy: LanguagePolicy, cached: bool, updates: bool, aged: bool
    ) -> None:
        rules = rules_for(handoff=handoff, short=short, policy=policy, cached=cached, updates=updates, aged=aged)
        self.world = World(rules, at)

    @rule(seconds=SECONDS)
    def time_passes(self, seconds: float) -> None:
        self.world.pass_time(seconds)

    @rule(seconds=st.sampled_from([0.0, 0.5, 3.0, 100.0, 1e5]))
    def the_process_stands_still(self, seconds: float) -> None:
        self.world.stand_still(seconds)

    # ---- the phone

    @rule(frames=st.sampled_from([1, 10, 600]))
    def caller_sounds(self, frames: int) -> None:
        for _ in range(frames):
            self.world.phone(frame())

    @rule()
    def caller_begins_or_ends(self) -> None:
        self.world.speech()

    @rule(event=KEYS)
    def key(self, event: KeyPressed) -> None:
        self.world.phone(event)

    @rule(which=st.integers(0, 5), comes_again=st.booleans())
    def mark(self, which: int, comes_again: bool) -> None:
        marks = self.world.marks
        name = marks[which % len(marks)] if marks else "g1:99"
        if name in marks and not comes_again:
            marks.remove(name)
        self.world.phone(MarkReached(name))

    @rule(clean=st.booleans(), by_webhook=st.booleans(), really=st.integers(0, 3))
    def hang_up(self, clean: bool, by_webhook: bool, really: int) -> None:
        if really == 0:
            self.world.hang_up(clean=clean, by_webhook=by_webhook)

    @rule()
    def come_back(self) -> None:
        self.world.come_back()

    # ---- the model

    @rule(resumed=st.booleans())
    def connect(self, resumed: bool) -> None:
        self.world.connect(resumed=resumed)

    @rule(code=CODES, really=st.integers(0, 2))
    def lose(self, code: int, really: int) -> None:
        if really == 0 or self.world.connection == "asked":
            self.world.lose(code)

    @rule(ms=st.sampled_from([0, 20, 200, 240, 5_000]), words=st.booleans(), flaw=FLAWS)
    def assistant_speaks(self, ms: int, words: bool, flaw: Flaw) -> None:
        self.world.say("assistant", ms, words=words, flaw=flaw)

    @rule()
    def caller_is_understood(self) -> None:
        self.world.say("caller", 0, words=True)

    @rule()
    def utterance_is_given_again(self) -> None:
        self.world.nudge()

    @rule(event=OF_THE_MODEL)
    def model(self, event: Event) -> None:
        self.world.model(event)

    @rule(name=TOOLS, again=st.booleans())
    def tool_is_called(self, name: str, again: bool) -> None:
        self.world.call_tool(name, again)

    @rule(id=st.sampled_from(["t0", "t1", "t2", "t99"]))
    def tool_is_cancelled(self, id: str) -> None:
        self.world.model(ToolCancelled((id,)))

    @rule()
    def tool_returns(self) -> None:
        self.world.end_tool()

    # ---- the house

    @rule(event=OF_THE_HOUSE)
    def house(self, event: Event) -> None:
        self.world.feed(event)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.wind_up()


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=120, stateful_step_count=60, deadline=None)
