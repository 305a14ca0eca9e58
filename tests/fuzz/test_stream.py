"""Any frames from Twilio, in any order, at any pace: nothing escapes, memory is bounded, the call has one end."""

import asyncio
import json
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from app.bridge import Bridge
from app.call.events import CallerAudio, CallerHungUp, CallStarted, DeadlinePassed, Event, SessionOpened
from app.call.kept import LONGEST_MS
from app.call.machine import Call
from app.ports import Feed
from app.twilio.messages import parse
from app.twilio.outbox import MOST_MESSAGES
from app.twilio.watch import BURST_MS, FASTEST, WINDOW
from tests.fakes import FakeJournal, FakeModel, FakeRecords, FakeTools, Log, settled
from tests.fuzz import Json, cases
from tests.playbook import RULES
from tests.twilio.wires import CALL, CALLED, CALLER, STREAM, Clock, Line, connected, key, mark, media, start, stop

NAMES = ("event", "media", "mark", "dtmf", "start", "stop", "streamSid", "sequenceNumber", "payload", "chunk", "track")
EVENTS = ("connected", "start", "media", "mark", "dtmf", "stop", "warp")
MOST_SECONDS = 400.0

Chunks = st.integers(0, 40) | st.integers(0, 10**16)
Sounds = st.sampled_from([b"\xff" * 160, b"\x00" * 160, b"\x55", b"\xff" * 8_000])
Medias = st.builds(media, Chunks, st.none() | st.integers(0, 10**15), Sounds, st.sampled_from([STREAM, "MZother"]))
Known = st.sampled_from([connected(), start("again"), key("1"), key("#"), mark("g1:1"), mark("g1:2"), stop()])
Odd = st.builds(
    lambda event, more: json.dumps({**more, "event": event}),
    st.sampled_from(EVENTS),
    st.dictionaries(
        st.sampled_from(NAMES), Json | st.dictionaries(st.sampled_from(NAMES), Json, max_size=4), max_size=5
    ),
)
Frames = Medias | Medias | Known | Odd | Json.map(json.dumps) | st.text(max_size=60) | st.binary(max_size=60)
Steps = st.lists(Frames | st.sampled_from([0.02, 0.2, 1.0, 20.0]), max_size=60)


@dataclass
class House:
    """A call over a real stream, its model and tools stand-ins."""

    line: Line

    def __post_init__(self) -> None:
        self.log = log = Log()
        self.models: list[FakeModel] = []
        self.records, self.journal = FakeRecords(log), FakeJournal(log)
        self.bridge = Bridge(
            Call(RULES),
            model=self._model,
            tools=FakeTools(log),
            records=self.records,
            journal=self.journal,
            clock=self.line.clock,
        )

    def _model(self, feed: Feed) -> FakeModel:
        self.models.append(FakeModel(self.log, feed))
        return self.models[-1]

    async def take(self, step: str | bytes | float) -> None:
        """A frame comes, or time passes."""
        if isinstance(step, float):
            self.line.clock.now += step
            self.line.stream._look(self.line.clock.now)
            if not self.bridge.call.ended:
                self.bridge.feed(DeadlinePassed())
        else:
            self.line.say(step)
            await asyncio.sleep(0)

    async def end(self) -> None:
        """The socket is gone, and nobody comes back."""
        await settled()
        self.line.drop()
        await settled()
        while not self.bridge.call.ended:
            self.line.clock.now += 30.0
            self.bridge.feed(DeadlinePassed())
            await settled()


async def play(steps: list[str | bytes | float]) -> House:
    """One call with these frames."""
    line = Line(clock=Clock())
    line.connect()
    await line.socket.accept()
    house = House(line)
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(house.bridge.run(line.stream, CallStarted(CALL, STREAM, CALLER, CALLED)))
        await settled()
        house.models[0].feed(SessionOpened(100))
        for step in steps:
            await house.take(step)
        await house.end()
    return house


@cases(600)
@given(Steps)
def test_any_frames_in_any_order_lead_to_one_end(steps: list[str | bytes | float]) -> None:
    with capture_logs():
        house = asyncio.run(play(steps))
    events: list[Event] = [event for event, _, _ in house.journal.steps]
    assert len(house.records.ends) == 1
    assert house.records.ends[0].disposition != "failed"
    assert sum(isinstance(event, CallerHungUp) and not event.call_over for event in events) == 1
    assert house.journal.closed
    assert house.line.closed is not None or house.line.stream._over.is_set()
    passed_s = house.line.clock.now - 1_000.0
    sound_ms = sum(event.audio.ms for event in events if isinstance(event, CallerAudio))
    # A gap's fill is at most a second, and sound is taken at most at three times its pace.
    assert sound_ms <= BURST_MS + FASTEST * 1000 * passed_s + 1_000 * len(steps)
    assert len(house.line.stream._order._early) <= WINDOW
    assert len(house.line.stream._outbox._waiting) <= MOST_MESSAGES
    assert house.bridge.call._memory.kept.ms <= LONGEST_MS


@cases(3_000)
@given(Frames)
def test_any_frame_is_read_and_nothing_raised(frame: str | bytes) -> None:
    parse(frame)
