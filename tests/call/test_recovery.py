"""Sessions that end under a running call: what is tried, what is kept, what is owed, and when it is enough."""

import pytest

from app.audio.pcm import PHONE_RATE, Audio
from app.call import dispositions
from app.call.commands import AnswerTool, CloseSession, HandOff, HangUp, Listen, Play, RenewSession, Say
from app.call.events import (
    AssistantAudio,
    AssistantInterrupted,
    CallerAudio,
    CallerHungUp,
    CallerReturned,
    Event,
    GenerationCompleted,
    HandoffAnswered,
    HandoffFailed,
    SessionEnding,
    SessionLost,
    SessionOpened,
    SessionRenewable,
    SpeechEnded,
    SpeechStarted,
    SupervisorAsked,
    ToolCalled,
    ToolReturned,
    TurnCompleted,
)
from app.call.memory import State
from app.call.recovery import PAUSES_S
from tests.playbook import STARTED, Scene, frame, greeted, sound

GREET = Say('Greet the caller now. Say exactly: "Hello, this is the assistant."')
LOST_THE_LINE = Say('Say to the caller exactly: "Sorry, I lost you for a moment. Could you repeat that?"')
OPENED = SessionOpened(200)
RESUMED = SessionOpened(200, resumed=True)


def answer(words: str) -> Say:
    """What a session is told of words it has not heard."""
    return Say(f'The caller said, and has not been answered yet: "{words}"')


# ---- what is tried


def test_the_first_session_of_a_call_is_not_asked_for_twice_in_words_that_were_refused() -> None:
    scene = Scene()
    scene.when(STARTED, SessionLost(1007, "Invalid argument"))
    assert scene.one(HangUp).apology
    assert scene.end.disposition == dispositions.SESSION_LOST


def test_a_session_cut_with_1008_in_the_middle_of_a_call_is_resumed() -> None:
    scene = greeted()
    scene.when(SessionRenewable("h-1"), SessionLost(1008, "The operation was aborted"))
    assert scene.one(RenewSession) == RenewSession("h-1")


def test_a_handle_that_is_refused_is_not_tried_again() -> None:
    scene = greeted()
    scene.when(SessionRenewable("h-1"), SessionLost(1006))
    scene.when(SessionLost(1008, "session not found"))
    assert scene.one(RenewSession).handle is None
    assert scene.one(RenewSession).story == "You: Hello, this is the assistant."
    assert scene.when(SessionLost(1006)).one(RenewSession).handle is None


def test_a_session_that_dies_as_soon_as_it_is_open_is_not_opened_for_ever() -> None:
    scene = greeted(handoff_number=None)
    renewals = 0
    for _ in range(20):
        renewals += len(scene.when(SessionLost(1011), OPENED).of(RenewSession))
        scene.wait(1.0)
    assert renewals <= len(PAUSES_S) + 1
    assert scene.end.disposition == dispositions.SESSION_LOST


def test_sessions_that_lasted_are_not_counted_against_the_next() -> None:
    scene = greeted(handoff_number=None, silence_s=1_000.0)
    for _ in range(20):
        scene.wait(11.0)
        assert scene.when(SessionLost(1011)).of(RenewSession)
        scene.when(OPENED)
    assert scene.call.state is State.TALKING


# ---- the caller's sound


def numbered(count: int, first: int = 0) -> list[CallerAudio]:
    return [
        CallerAudio(Audio(number.to_bytes(2, "little") * 160, PHONE_RATE)) for number in range(first, first + count)
    ]


def heard_numbers(scene: Scene) -> list[int]:
    pcm = b"".join(command.audio.pcm for command in scene.of(Listen))
    return [int.from_bytes(pcm[at : at + 2], "little") for at in range(0, len(pcm), 320)]


def test_all_the_caller_says_without_a_session_is_heard_by_the_next_in_order_and_in_small_pieces() -> None:
    scene = greeted()
    scene.when(SessionLost(1006)).when(*numbered(200)).nothing()
    scene.when(RESUMED)
    assert heard_numbers(scene) == list(range(200))
    assert max(command.audio.ms for command in scene.of(Listen)) <= 100
    assert scene.when(frame()).one(Listen).audio.ms == 20


def test_of_a_long_outage_the_last_ten_seconds_are_kept() -> None:
    scene = greeted()
    scene.when(SessionLost(1006)).when(*numbered(1_000))
    assert heard_numbers(scene.when(RESUMED)) == list(range(500, 1_000))


def test_a_second_outage_keeps_as_much_as_the_first() -> None:
    scene = greeted()
    scene.when(SessionLost(1006), *numbered(10)).when(RESUMED)
    scene.when(SessionLost(1006), *numbered(100))
    assert len(heard_numbers(scene.when(RESUMED))) == 100


def test_before_the_first_session_only_what_leads_up_to_speech_is_kept() -> None:
    scene = Scene()
    scene.when(STARTED, *numbered(200))
    scene.when(SpeechStarted(), *numbered(50, first=200), SpeechEnded(500, 450), OPENED)
    scene.assistant_says("Hello.", ms=600).wait(1.0)
    assert heard_numbers(scene) == list(range(175, 250))


# ---- what is owed


def test_a_greeting_that_never_came_is_owed_and_still_protected() -> None:
    scene = Scene()
    scene.when(STARTED, OPENED).wait(0.5)
    scene.when(SessionLost(1006), *numbered(10)).when(RESUMED).then(GREET)
    assert not scene.of(Listen)
    scene.assistant_says("Hello, this is the assistant.", ms=1_000)
    assert scene.wait(0.9).of(Listen) == []
    assert scene.wait(0.3).of(Listen)


def test_a_greeting_lost_in_the_middle_is_finished_and_still_protected() -> None:
    scene = Scene()
    scene.when(STARTED, OPENED, AssistantAudio(sound(400))).wait(0.3)
    scene.when(SessionLost(1006), *numbered(10)).wait(1.0)
    scene.when(RESUMED).then(Say)
    assert scene.wait(0.5).of(Listen) == []
    scene.assistant_says("How can I help you?", ms=1_000)
    assert scene.wait(0.9).of(Listen) == []
    assert scene.wait(0.3).of(Listen)


def test_a_greeting_that_was_all_there_is_not_said_twice() -> None:
    scene = Scene()
    scene.when(STARTED, OPENED)
    scene.assistant_says("Hello, this is the assistant.", ms=2_000).wait(0.5)
    scene.when(SessionLost(1006)).when(RESUMED).then()


def test_of_a_greeting_cut_in_its_middle_the_beginning_is_not_said_again() -> None:
    scene = Scene()
    scene.when(STARTED, OPENED, AssistantAudio(sound(400)), SessionLost(1006)).when(RESUMED)
    instruction = scene.one(Say).instruction
    assert "Do not greet again" in instruction
    assert scene.call._memory.rules.greeting not in instruction


@pytest.mark.parametrize("after_s", [0.0, 0.5, 1.9])
def test_a_greeting_generated_whole_is_not_said_twice_though_its_turn_was_not_over(after_s: float) -> None:
    scene = Scene()
    scene.when(STARTED, OPENED)
    scene.assistant_says("Hello, this is the assistant.", ms=2_000, complete=False)
    scene.when(GenerationCompleted()).wait(after_s)
    scene.when(SessionLost(1006)).when(RESUMED).then()


def test_nobody_is_asked_to_repeat_what_was_answered_whole() -> None:
    scene = greeted()
    scene.caller_says("Where is it?")
    scene.assistant_says("It was shipped on Monday.", ms=3_000, complete=False)
    scene.when(GenerationCompleted()).wait(0.5)
    scene.when(SessionLost(1006)).when(RESUMED).then()
    scene.wait(4.0)
    assert scene.turns[-1] == ("assistant", "It was shipped on Monday.", "")


def test_a_goodbye_generated_whole_needs_no_apology_after_it() -> None:
    scene = greeted()
    scene.assistant_says("Goodbye!", ms=2_000, complete=False)
    scene.when(GenerationCompleted(), SessionLost(1006)).when(RESUMED).then()


def test_who_speaks_after_a_whole_answer_is_still_answered() -> None:
    scene = greeted()
    scene.assistant_says("It was shipped.", ms=600, complete=False)
    scene.when(GenerationCompleted()).wait(0.7)
    scene.caller_says("And when will it come?")
    scene.when(SessionLost(1006)).when(RESUMED).then(answer("And when will it come?"))


def test_an_answer_that_was_lost_is_had_from_the_next_session() -> None:
    scene = greeted()
    scene.caller_says("Where is it?")
    scene.when(SessionLost(1006)).when(RESUMED).then(answer("Where is it?"))


def test_a_quiet_call_owes_nothing() -> None:
    scene = greeted()
    scene.when(SessionLost(1006)).when(RESUMED).then()


def test_a_renewal_that_cannot_wait_owes_the_answer_too() -> None:
    scene = greeted()
    scene.caller_says("Where is it?")
    scene.when(SessionRenewable("h"), SessionEnding(3.0)).then(RenewSession("h"))
    scene.when(RESUMED).then(answer("Where is it?"))


def test_a_question_that_a_tool_will_answer_is_not_asked_for_again() -> None:
    scene = greeted()
    scene.caller_says("Where is it?")
    scene.when(ToolCalled("a", "look_up_order"), SessionLost(1006)).when(RESUMED).then()
    scene.when(ToolReturned("a", {"status": "ok", "message": "Shipped."}))
    assert "Shipped." in scene.one(Say).instruction
    assert not scene.of(AnswerTool)


def test_of_two_tools_that_end_without_a_session_both_answers_are_told_at_once() -> None:
    scene = greeted()
    scene.when(ToolCalled("a", "look_up_order"), ToolCalled("b", "open_ticket"), SessionLost(1006))
    scene.when(ToolReturned("a", {"status": "ok", "message": "Shipped."}))
    scene.when(ToolReturned("b", {"status": "ok", "message": "Ticket 7."}))
    scene.when(RESUMED).then(Say)
    assert "Shipped." in scene.one(Say).instruction
    assert "Ticket 7." in scene.one(Say).instruction


def tool_answered(preamble_ms: int) -> Scene:
    """A scene in which a tool's answer was given to the model, which has not spoken since."""
    scene = greeted()
    scene.caller_says("Where is it?")
    scene.when(AssistantAudio(sound(preamble_ms)), ToolCalled("a", "look_up_order"))
    return scene.when(ToolReturned("a", {"status": "ok", "message": "Shipped."}))


@pytest.mark.parametrize("preamble_ms", [200, 2_000])
def test_what_a_tool_answered_is_told_again_if_the_session_was_lost_before_a_word_of_it(preamble_ms: int) -> None:
    scene = tool_answered(preamble_ms)
    scene.wait(0.3).when(SessionLost(1006)).when(RESUMED)
    assert "Shipped." in scene.one(Say).instruction
    scene.when(SessionLost(1006)).when(RESUMED)
    assert "Shipped." in scene.one(Say).instruction


def test_what_a_tool_answered_is_not_told_again_once_the_assistant_speaks_of_it() -> None:
    scene = tool_answered(200)
    scene.assistant_says("It was shipped.", ms=1_000).wait(0.3)
    scene.when(SessionLost(1006)).when(RESUMED).then()


def test_after_a_barge_in_into_the_words_before_it_a_tools_answer_is_still_owed_until_spoken() -> None:
    scene = tool_answered(4_000)
    scene.wait(1.0).when(SpeechStarted(), AssistantInterrupted(), TurnCompleted()).wait(0.5)
    scene.when(SpeechEnded(200, 300))
    scene.when(SessionLost(1006)).when(RESUMED)
    assert "Shipped." in scene.one(Say).instruction
    scene.assistant_says("It was shipped.", ms=1_000).wait(1.5)
    scene.when(SessionLost(1006)).when(RESUMED).then()


def test_a_session_is_not_renewed_between_a_tools_answer_and_the_words_about_it() -> None:
    scene = tool_answered(200)
    scene.when(TurnCompleted(), SessionRenewable("h"), SessionEnding(20.0))
    assert not scene.of(RenewSession)
    assert not scene.wait(2.0).of(RenewSession)
    scene.assistant_says("It was shipped.", ms=600)
    assert scene.wait(1.5).one(RenewSession) == RenewSession("h")


def test_sound_received_before_the_loss_is_still_played() -> None:
    scene = greeted()
    scene.when(*[AssistantAudio(sound(200))] * 20, SessionLost(1006))
    assert sum(play.audio.ms for play in scene.wait(4.0).of(Play)) == 3_000


# ---- GoAway


def test_a_call_whose_caller_stays_after_all_is_renewed_as_goaway_asked() -> None:
    scene = greeted()
    scene.assistant_says("Goodbye!", ms=4_000, complete=False)
    scene.when(ToolCalled("e", "end_call"), SessionRenewable("h-new"), SessionEnding(20.0)).wait(1.0)
    scene.when(SpeechStarted(), AssistantInterrupted(), TurnCompleted())
    assert not scene.of(RenewSession)
    scene.wait(0.5).when(SpeechEnded(100, 450))
    scene.assistant_says("Yes?", ms=400)
    assert scene.wait(1.0).one(RenewSession) == RenewSession("h-new")


def test_a_caller_cannot_stay_in_a_call_whose_session_is_gone() -> None:
    scene = greeted()
    scene.assistant_says("Goodbye!", ms=4_000, complete=False)
    scene.when(ToolCalled("e", "end_call"), SessionLost(1006)).wait(1.0)
    scene.when(SpeechStarted())
    assert scene.wait(4.0).of(HangUp) == [HangUp()]


def test_a_last_word_that_cannot_come_any_more_is_not_waited_for() -> None:
    scene = greeted()
    scene.when(ToolCalled("e", "end_call"), SessionLost(1006))
    assert scene.of(HangUp) == [HangUp()]


# ---- enough


def test_who_waits_for_a_session_in_vain_is_handed_off() -> None:
    scene = greeted()
    scene.when(SessionLost(1006))
    assert scene.wait(19.0).of(HandOff) == []
    assert scene.wait(1.1).of(HandOff) == [
        HandOff("+12025550100", "I am connecting you with a colleague now.", "en-US")
    ]
    scene.wait(36.0)
    assert scene.end.disposition == dispositions.HANDED_OFF
    assert "20 s" in scene.end.problem


def test_a_representative_who_did_not_answer_is_not_called_again_for_want_of_a_session() -> None:
    scene = greeted()
    scene.when(SessionLost(401)).when(HandoffFailed("no-answer"), CallerReturned("MZ2"))
    scene.when(SessionLost(401))
    assert not scene.of(HandOff)
    assert scene.one(HangUp).apology


def test_who_never_had_a_session_gets_an_apology() -> None:
    scene = Scene()
    scene.when(STARTED).wait(21.0)
    assert scene.one(HangUp).apology
    assert scene.end.sessions == 0


def test_a_call_that_came_back_has_all_its_attempts() -> None:
    scene = greeted()
    scene.when(*[SessionLost(1011)] * (len(PAUSES_S) + 1))
    scene.when(HandoffFailed("busy"), CallerReturned("MZ2"))
    assert scene.when(SessionLost(1011)).of(RenewSession)


# ---- a stream that breaks


def test_a_caller_whose_stream_broke_goes_on_with_the_same_session_and_record() -> None:
    scene = greeted()
    scene.when(SessionRenewable("h-1"), CallerHungUp(clean=False)).then(CloseSession)
    assert (scene.call.state, scene.call.stream_lost) == (State.AWAY, True)
    scene.wait(10.0).when(CallerReturned("MZ2")).then(RenewSession("h-1"))
    assert not scene.call.stream_lost
    scene.when(frame(), RESUMED).then(LOST_THE_LINE)
    assert scene.of(Listen)
    scene.assistant_says("Sorry, I lost you.", ms=600)
    assert scene.of(Play)
    scene.wait(1.0).when(CallerHungUp())
    assert [turn for _, turn, _ in scene.turns] == ["Hello, this is the assistant.", "Sorry, I lost you."]
    assert scene.end.disposition == dispositions.CALLER_HUNG_UP


def test_a_stream_that_broke_before_a_word_was_said_still_brings_the_greeting() -> None:
    scene = Scene()
    scene.when(STARTED, CallerHungUp(clean=False)).wait(1.0)
    scene.when(CallerReturned("MZ2")).then(RenewSession(None))
    scene.when(OPENED).then(GREET)


def test_a_stream_that_broke_without_a_session_comes_back_with_one() -> None:
    scene = greeted()
    scene.when(SessionRenewable("h"), SessionLost(1006), CallerHungUp(clean=False), CallerReturned("MZ2"))
    assert scene.of(RenewSession)[-1] == RenewSession("h")
    scene.when(RESUMED).then(LOST_THE_LINE)


def test_nobody_coming_back_in_time_the_stream_is_lost() -> None:
    scene = greeted()
    scene.when(CallerHungUp(clean=False)).wait(29.5)
    assert not scene.call.ended
    scene.wait(1.0)
    assert (scene.end.disposition, scene.end.ended_by) == (dispositions.STREAM_LOST, "caller")


@pytest.mark.parametrize("word", [CallerHungUp(call_over=True), CallerHungUp(clean=True)])
def test_while_a_lost_stream_is_waited_for_a_late_word_of_the_callers_hang_up_ends_the_call(word: Event) -> None:
    scene = greeted()
    scene.when(CallerHungUp(clean=False), word)
    assert scene.end.disposition == dispositions.CALLER_HUNG_UP


def test_late_words_about_a_dial_before_do_not_touch_a_call_whose_stream_was_lost() -> None:
    scene = greeted()
    scene.when(SessionLost(401)).when(HandoffFailed("busy"), CallerReturned("MZ2"), OPENED)
    scene.when(CallerHungUp(clean=False)).when(HandoffFailed("busy"), HandoffAnswered()).nothing()
    scene.wait(31.0)
    assert scene.end.disposition == dispositions.STREAM_LOST


# ---- ops, meanwhile


def test_what_ops_want_without_a_session_is_told_to_the_next() -> None:
    scene = greeted()
    scene.when(SessionLost(1006), SupervisorAsked("say", "We close soon.")).when(RESUMED)
    assert "We close soon." in scene.one(Say).instruction


def test_ops_can_end_a_call_that_has_no_session() -> None:
    scene = greeted()
    scene.when(SessionLost(1006), SupervisorAsked("end"))
    assert scene.one(HangUp).apology
    assert scene.end.disposition == dispositions.ENDED_BY_OPS


def test_marks_and_turns_go_on_without_a_session() -> None:
    scene = greeted()
    scene.assistant_says("It was shipped.", ms=2_000, complete=False)
    scene.when(GenerationCompleted(), SessionLost(1006)).wait(2.5)
    assert scene.turns[-1] == ("assistant", "It was shipped.", "")


@pytest.mark.parametrize("told", [True, False])
def test_a_stream_on_which_nothing_came_and_nobody_came_back_counts_as_such(told: bool) -> None:
    scene = greeted()
    scene.when(CallerHungUp(clean=False, silent=True)).wait(1.0)
    assert scene.call.state is State.AWAY
    if told:
        scene.when(CallerHungUp(call_over=True))
    scene.wait(60.0)
    assert scene.end.disposition == "media_timeout"


def test_a_caller_who_comes_back_after_a_silent_stream_and_hangs_up_has_hung_up() -> None:
    scene = greeted()
    scene.when(CallerHungUp(clean=False, silent=True), CallerReturned("MZ2"), SessionOpened(100))
    scene.when(CallerHungUp())
    assert scene.end.disposition == "caller_hung_up"
