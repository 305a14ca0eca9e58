"""The table is whole, and the ways of a call through it."""

import pickle
import typing

import pytest

from app.audio.pcm import MODEL_OUTPUT_RATE, silence
from app.call import commands, dispositions
from app.call.commands import (
    AnswerTool,
    CancelTool,
    CloseSession,
    HandOff,
    HangUp,
    Listen,
    OpenSession,
    Play,
    RecordEnd,
    RecordTool,
    RecordTurn,
    RenewSession,
    RunTool,
    Say,
    TellHeard,
)
from app.call.events import (
    AssistantAudio,
    AssistantInterrupted,
    CallerHungUp,
    CallerReturned,
    Draining,
    Event,
    HandoffAnswered,
    HandoffFailed,
    KeyPressed,
    SessionEnding,
    SessionLost,
    SessionOpened,
    SessionRenewable,
    SpeechEnded,
    SpeechStarted,
    SupervisorAsked,
    ToolCalled,
    ToolCancelled,
    ToolReturned,
    Transcribed,
    TurnCompleted,
    UsageReported,
)
from app.call.machine import ROWS, STATES, TABLE
from app.call.memory import State
from tests.playbook import STARTED, Scene, frame, greeted


def test_every_state_has_a_place_for_every_event() -> None:
    events = set(typing.get_args(Event))
    assert set(ROWS) == events
    assert all(len(row) == len(STATES) for row in ROWS.values())
    assert all(set(TABLE[state]) == events for state in State)


def test_every_command_is_part_of_the_union() -> None:
    classes = {
        item for item in vars(commands).values() if isinstance(item, type) and item.__module__ == commands.__name__
    }
    assert classes == set(typing.get_args(commands.Command))


# ---- the beginning


def test_a_started_call_opens_a_session_that_greets() -> None:
    scene = Scene()
    scene.when(STARTED).then(OpenSession("Hello, this is the assistant."))
    scene.when(SessionOpened(took_ms=200)).nothing()
    assert scene.call.state is State.TALKING


def test_the_first_sound_goes_out_at_once_and_its_time_is_recorded() -> None:
    scene = Scene()
    scene.when(STARTED, SessionOpened(200)).wait(0.4)
    assert scene.when(AssistantAudio(silence(200, MODEL_OUTPUT_RATE))).one(Play).audio.ms == 200
    scene.when(CallerHungUp())
    assert scene.end.first_sound_ms == 400


def test_hello_during_the_greeting_does_not_reach_the_model_before_the_greeting_was_heard() -> None:
    scene = Scene()
    scene.when(STARTED, SessionOpened(200))
    scene.assistant_says("Hello, this is the assistant.", ms=3_000)
    scene.wait(0.5).when(SpeechStarted(), *[frame()] * 20, SpeechEnded(300, 450))
    assert not scene.of(Listen)
    scene.wait(1.0)
    assert not scene.of(Listen)
    scene.wait(2.0)
    assert scene.listened_ms == 400
    assert scene.when(frame()).one(Listen).audio.ms == 20


def test_a_caller_who_speaks_on_into_the_greeting_is_heard_at_once() -> None:
    scene = Scene()
    scene.when(STARTED, SessionOpened(200))
    scene.assistant_says("Hello, this is the assistant.", ms=6_000)
    scene.wait(0.5).when(SpeechStarted(), *[frame()] * 10)
    scene.wait(0.9)
    assert scene.listened_ms == 200


def test_a_phantom_interruption_of_the_greeting_changes_nothing() -> None:
    scene = Scene()
    scene.when(STARTED, SessionOpened(200))
    scene.assistant_says("Hello, this is the assistant.", ms=3_000, complete=False)
    scene.when(AssistantInterrupted()).nothing()


def test_without_a_greeting_the_callers_sound_is_given_to_the_model_after_a_while() -> None:
    scene = Scene()
    scene.when(STARTED, SessionOpened(200), SpeechStarted(), frame())
    assert scene.wait(3.1).one(Listen).audio.ms == 20


# ---- talking


def test_turns_are_recorded_when_they_were_heard() -> None:
    scene = greeted()
    assert scene.turns == [("assistant", "Hello, this is the assistant.", "")]
    scene.caller_says("Where is my order?")
    scene.assistant_says("It was shipped on Monday.", ms=2_000)
    scene.wait(2.5)
    assert scene.turns[1:] == [
        ("caller", "Where is my order?", ""),
        ("assistant", "It was shipped on Monday.", ""),
    ]


def test_the_turn_gap_runs_from_the_end_of_speech_to_the_first_sound_sent() -> None:
    scene = greeted()
    scene.caller_says("Where is my order?").wait(0.3)
    scene.assistant_says("It was shipped.", ms=1_000).wait(1.5)
    assert scene.ever(RecordTurn)[-1].gap_ms == 750


def test_fragments_merge_into_one_turn_and_none_is_lost_at_the_end() -> None:
    scene = greeted()
    scene.when(Transcribed("caller", "Where is"), Transcribed("caller", " my"), Transcribed("caller", " order"))
    scene.when(CallerHungUp())
    assert scene.turns[-1] == ("caller", "Where is my order", "")
    assert scene.end.disposition == dispositions.CALLER_HUNG_UP


def test_keys_are_told_to_the_model_together_after_a_pause() -> None:
    scene = greeted()
    scene.when(KeyPressed("1"), KeyPressed("0"), KeyPressed("4")).wait(1.0)
    scene.when(KeyPressed("7"))
    assert scene.wait(1.4).of(Say) == []
    assert scene.wait(0.2).one(Say) == Say('The caller pressed keys on the phone: "1047".')


def test_a_hash_key_ends_the_number_at_once() -> None:
    scene = greeted()
    scene.when(KeyPressed("4"), KeyPressed("2"), KeyPressed("#"))
    assert scene.one(Say) == Say('The caller pressed keys on the phone: "42#".')


def test_tokens_of_all_turns_add_up() -> None:
    scene = greeted()
    scene.when(UsageReported({"prompt.audio": 100}), UsageReported({"prompt.audio": 150, "total": 9}), CallerHungUp())
    assert scene.end.tokens == {"prompt.audio": 250, "total": 9}


# ---- tools


def test_a_tool_runs_and_its_answer_goes_to_the_model() -> None:
    scene = greeted()
    scene.when(ToolCalled("t1", "look_up_order", {"order_number": "1047"}))
    scene.then(RunTool("t1", "look_up_order", {"order_number": "1047"}, "en-US"))
    answer = {"status": "ok", "message": "Shipped."}
    scene.when(ToolReturned("t1", answer, "ok", 12))
    scene.then(AnswerTool("t1", "look_up_order", answer), RecordTool)


def test_two_tools_at_once_are_answered_each_by_its_id() -> None:
    scene = greeted()
    scene.when(ToolCalled("a", "look_up_order"), ToolCalled("b", "open_ticket")).then(RunTool, RunTool)
    scene.when(ToolReturned("b", {"status": "ok"})).then(AnswerTool("b", "open_ticket", {"status": "ok"}), RecordTool)
    scene.when(ToolReturned("a", {"status": "ok"})).then(AnswerTool("a", "look_up_order", {"status": "ok"}), RecordTool)


def test_the_same_tool_call_twice_is_one_call() -> None:
    scene = greeted()
    scene.when(ToolCalled("a", "look_up_order"), ToolCalled("a", "look_up_order")).then(RunTool)


def test_a_tool_cancelled_by_speech_is_stopped_and_never_answered() -> None:
    scene = greeted()
    scene.when(ToolCalled("a", "look_up_order"))
    scene.when(ToolCancelled(("a", "unknown"))).then(CancelTool("a"), RecordTool)
    scene.when(ToolReturned("a", {"status": "ok"})).nothing()


def test_an_unknown_tool_gets_a_polite_answer() -> None:
    scene = greeted()
    scene.when(ToolCalled("a", "launch_rocket")).then(AnswerTool, RecordTool)
    assert scene.one(AnswerTool).response["status"] == "error"


def test_tools_beyond_the_limit_are_refused() -> None:
    scene = greeted(tools_per_call=1)
    scene.when(ToolCalled("a", "look_up_order")).then(RunTool)
    scene.when(ToolCalled("b", "look_up_order")).then(AnswerTool, RecordTool)


def test_a_slow_tool_is_bridged_by_one_spoken_filler() -> None:
    scene = greeted()
    scene.when(ToolCalled("a", "look_up_order"))
    assert scene.wait(1.0).of(Say) == []
    assert scene.wait(0.3).one(Say) == Say('Say to the caller exactly: "One moment."')
    assert scene.wait(5.0).of(Say) == []


def test_a_tool_that_needs_no_word_of_ours_gets_no_filler() -> None:
    scene = greeted(quiet_tools=("look_up_order",))
    scene.when(ToolCalled("a", "look_up_order"))
    assert scene.wait(6.0).of(Say) == []


def test_pressing_keys_is_refused_politely() -> None:
    scene = greeted()
    scene.when(ToolCalled("a", "press_keys", {"keys": "1"}))
    assert scene.one(AnswerTool).response["status"] == "error"


# ---- the end


def test_a_goodbye_is_heard_whole_before_the_call_is_hung_up() -> None:
    scene = greeted()
    scene.caller_says("That is all, goodbye.")
    scene.assistant_says("Thank you for calling. Goodbye!", ms=2_400, complete=False)
    scene.when(ToolCalled("e", "end_call"), TurnCompleted())
    assert not scene.of(HangUp)
    assert scene.wait(2.3).of(HangUp) == []
    scene.wait(1.0).then(RecordTurn, HangUp(), CloseSession(), RecordEnd)
    assert scene.end.disposition == dispositions.COMPLETED
    assert scene.turns[-1] == ("assistant", "Thank you for calling. Goodbye!", "")
    assert scene.ever(AnswerTool)[-1].scheduling == "SILENT"


def test_a_goodbye_that_comes_after_the_tool_is_waited_for() -> None:
    scene = greeted()
    scene.when(ToolCalled("e", "end_call"))
    assert scene.one(AnswerTool).scheduling is None
    assert scene.wait(2.0).of(HangUp) == []
    scene.assistant_says("Goodbye!", ms=1_000)
    assert scene.wait(0.9).of(HangUp) == []
    assert scene.wait(1.0).of(HangUp) == [HangUp()]


def test_a_model_that_never_says_goodbye_is_not_waited_for_long() -> None:
    scene = greeted()
    scene.when(ToolCalled("e", "end_call"))
    assert scene.wait(4.5).of(HangUp) == [HangUp()]


def test_marks_that_never_come_back_do_not_keep_the_call() -> None:
    scene = greeted()
    scene.ear.deaf = True
    scene.assistant_says("Goodbye!", ms=1_000, complete=False)
    scene.when(ToolCalled("e", "end_call"), TurnCompleted())
    assert scene.wait(25.1).of(HangUp) == [HangUp()]


def test_a_caller_who_speaks_into_the_goodbye_keeps_the_call() -> None:
    scene = greeted()
    scene.assistant_says("Thank you for calling. Goodbye!", ms=3_000, complete=False)
    scene.when(ToolCalled("e", "end_call")).wait(1.0)
    scene.when(SpeechStarted(), AssistantInterrupted(), TurnCompleted())
    assert scene.call.state is State.TALKING
    assert scene.wait(3.0).of(HangUp) == []


@pytest.mark.parametrize("before", [(), (SessionOpened(200),)])
def test_a_caller_may_hang_up_in_any_state(before: tuple[Event, ...]) -> None:
    scene = Scene()
    scene.when(STARTED, *before).when(CallerHungUp()).then(CloseSession(), RecordEnd)
    assert scene.end.ended_by == "caller"
    scene.when(SessionOpened(1), AssistantAudio(silence(20, MODEL_OUTPUT_RATE)), CallerHungUp()).nothing()
    assert scene.call.deadline is None


def test_a_caller_may_hang_up_while_the_session_is_renewed_and_while_we_leave() -> None:
    scene = greeted()
    scene.when(SessionLost(1011), CallerHungUp())
    assert scene.end.disposition == dispositions.CALLER_HUNG_UP
    scene = greeted()
    scene.when(ToolCalled("e", "end_call"), CallerHungUp())
    assert scene.end.disposition == dispositions.COMPLETED
    assert scene.end.ended_by == "caller"


def test_a_stream_that_breaks_without_a_word_counts_apart() -> None:
    scene = greeted()
    scene.when(CallerHungUp(clean=False)).wait(31.0)
    assert scene.end.disposition == dispositions.STREAM_LOST


def test_a_tool_still_running_at_the_end_is_stopped_and_recorded() -> None:
    scene = greeted()
    scene.when(ToolCalled("a", "look_up_order"))
    scene.when(CallerHungUp()).then(CancelTool("a"), RecordTool, CloseSession(), RecordEnd)
    assert scene.ever(RecordTool)[-1].status == "cancelled"


# ---- silence and length


def test_silence_is_asked_about_twice_and_then_the_call_ends() -> None:
    scene = greeted()
    assert scene.wait(9.0).of(Say) == []
    assert scene.wait(2.0).one(Say).instruction.endswith('exactly: "Are you there?"')
    scene.assistant_says("Are you there?", ms=800)
    assert scene.wait(11.0).one(Say).instruction.endswith('exactly: "Are you there?"')
    scene.assistant_says("Are you there?", ms=800)
    assert scene.wait(11.0).one(Say).instruction.endswith('exactly: "Goodbye then."')
    scene.assistant_says("Goodbye then.", ms=800)
    assert scene.wait(2.0).of(HangUp) == [HangUp()]
    assert scene.end.disposition == dispositions.SILENT


def test_a_caller_who_answers_starts_the_count_of_silences_anew() -> None:
    scene = greeted()
    scene.wait(11.0)
    scene.caller_says("Yes, I am here.").assistant_says("Good.", ms=400)
    assert scene.wait(11.5).one(Say).instruction.endswith('exactly: "Are you there?"')
    assert scene.call.state is State.TALKING


def test_nobody_is_asked_while_the_caller_speaks_or_a_tool_runs() -> None:
    scene = greeted()
    scene.when(SpeechStarted())
    assert scene.wait(60.0).of(Say) == []
    scene = greeted(tool_filler_s=1_000.0)
    scene.when(ToolCalled("a", "look_up_order"))
    assert scene.wait(60.0).of(Say) == []


def test_the_longest_call_ends_with_a_word() -> None:
    scene = greeted(longest_call_s=60.0, silence_s=1_000.0)
    assert scene.wait(60.0).one(Say)
    scene.assistant_says("I have to end this call.", ms=1_000)
    assert scene.wait(3.0).of(HangUp) == [HangUp()]
    assert scene.end.disposition == dispositions.LONGEST_CALL


def test_an_hour_can_pass() -> None:
    scene = greeted(longest_call_s=7_200.0)
    for _ in range(360):
        scene.caller_says("And then?", ms=2_000)
        scene.assistant_says("And then we went on.", ms=3_000).wait(4.55)
    assert scene.now - scene.started_at > 2_500
    assert len(scene.turns) == 721


def test_what_a_call_remembers_does_not_grow_with_its_length() -> None:
    scene = greeted(longest_call_s=14_400.0, tools_per_call=10_000, silence_s=1_000.0)
    sizes = []
    for number in range(1_200):
        scene.caller_says("And then?", ms=800)
        id = f"t{number:04}"
        scene.when(ToolCalled(id, "look_up_order"), ToolReturned(id, {"status": "ok"}))
        scene.assistant_says("And then we went on and on.", ms=4_000).wait(2.0)
        scene.when(SpeechStarted()).wait(0.5)
        scene.when(AssistantInterrupted(), SpeechEnded(300, 450)).wait(5.0)
        scene.all.clear()
        m = scene.call._memory
        sizes.append(len(pickle.dumps((m.playout, m.transcript, m.kept, m.tools, m.tools_seen))))
    assert scene.now - scene.started_at > 10_000
    assert max(sizes[600:]) < max(sizes[300:600]) + 200


def test_draining_moves_the_limit_closer() -> None:
    scene = greeted(silence_s=1_000.0)
    scene.when(Draining(within_s=60.0))
    assert scene.wait(41.0).one(Say)
    scene.wait(6.0)
    assert scene.end.disposition == dispositions.DRAINED


# ---- handing off


def test_a_handoff_lets_the_last_word_be_heard_then_dials() -> None:
    scene = greeted()
    scene.when(ToolCalled("h", "hand_off"))
    scene.assistant_says("I am connecting you.", ms=1_000)
    assert scene.wait(0.9).of(HandOff) == []
    scene.wait(1.0)
    assert scene.one(HandOff) == HandOff("+12025550100")
    scene.when(CallerHungUp()).nothing()
    scene.when(HandoffAnswered())
    assert scene.end.disposition == dispositions.HANDED_OFF


def test_a_handoff_nobody_takes_comes_back_to_the_assistant() -> None:
    scene = greeted()
    scene.when(SessionRenewable("h-1"), ToolCalled("h", "hand_off"))
    scene.assistant_says("I am connecting you.", ms=1_000).wait(2.0)
    scene.when(HandoffFailed("no-answer")).nothing()
    scene.when(CallerReturned("MZ2")).then(RenewSession("h-1"))
    scene.when(frame(), SessionOpened(300, resumed=True))
    assert scene.of(Listen)
    assert "Nobody is free" in scene.one(Say).instruction
    scene.assistant_says("Nobody is free right now.", ms=1_000)
    assert scene.of(Play)
    scene.wait(1.5).when(CallerHungUp())
    assert scene.turns[-1][1] == "Nobody is free right now."


def test_a_caller_who_does_not_come_back_ends_the_call() -> None:
    scene = greeted()
    scene.when(ToolCalled("h", "hand_off"))
    scene.assistant_says("I am connecting you.", ms=1_000).wait(2.0)
    scene.when(HandoffFailed("busy")).wait(31.0)
    assert scene.end.ended_by == "caller"


def test_who_hangs_up_while_a_representative_is_rung_was_not_handed_off() -> None:
    scene = greeted()
    scene.when(ToolCalled("h", "hand_off"))
    scene.assistant_says("I am connecting you.", ms=1_000).wait(2.0)
    scene.when(CallerHungUp(), CallerHungUp(call_over=True))
    assert scene.end.disposition == dispositions.CALLER_HUNG_UP


def test_that_the_call_is_over_changes_nothing_after_the_representative_had_it() -> None:
    scene = greeted()
    scene.when(ToolCalled("h", "hand_off"))
    scene.assistant_says("I am connecting you.", ms=1_000).wait(2.0)
    scene.when(HandoffAnswered()).when(CallerHungUp(call_over=True)).nothing()
    assert scene.end.disposition == dispositions.HANDED_OFF


def test_a_handoff_without_a_number_is_refused() -> None:
    scene = greeted(handoff_number=None)
    scene.when(ToolCalled("h", "hand_off"))
    assert scene.one(AnswerTool).response["status"] == "error"
    assert scene.call.state is State.TALKING


# ---- sessions


def test_a_lost_session_is_resumed_and_the_callers_sound_kept() -> None:
    scene = greeted()
    scene.when(SessionRenewable("h-7"), SessionLost(1011, "internal")).then(RenewSession("h-7"))
    scene.when(frame(), frame(), frame()).nothing()
    scene.when(SessionOpened(300, resumed=True))
    assert scene.one(Listen).audio.ms == 60
    assert scene.of(Say) == []


def test_a_session_lost_while_the_caller_waits_is_followed_by_one_that_answers() -> None:
    scene = greeted()
    scene.caller_says("Where is my order?")
    scene.when(SessionLost(1006)).when(SessionOpened(300))
    assert '"Where is my order?"' in scene.one(Say).instruction


def test_a_session_refused_for_its_config_is_made_afresh_once_and_then_given_up() -> None:
    scene = greeted(handoff_number=None)
    scene.when(SessionRenewable("h-7"), SessionLost(1007, "Request contains an invalid argument."))
    assert scene.one(RenewSession).handle is None
    assert "Hello, this is the assistant." in scene.one(RenewSession).story
    scene.when(SessionLost(1007))
    assert scene.one(HangUp).apology
    assert scene.end.disposition == dispositions.SESSION_LOST


def test_a_first_session_that_cannot_be_had_ends_in_an_apology() -> None:
    scene = Scene()
    scene.when(STARTED)
    for _ in range(2):
        assert scene.when(SessionLost(0, "no answer")).of(RenewSession)
    scene.when(SessionLost(0, "no answer"))
    assert scene.one(HangUp).apology
    assert scene.end.sessions == 0


def test_a_second_try_at_the_first_session_still_greets() -> None:
    scene = Scene()
    scene.when(STARTED, SessionLost(1011)).when(SessionOpened(300))
    assert "Hello, this is the assistant." in scene.one(Say).instruction


def test_a_wrong_key_is_not_tried_again() -> None:
    scene = Scene()
    scene.when(STARTED, SessionLost(403, "forbidden"))
    assert scene.of(HangUp)


def test_goaway_renews_at_a_quiet_moment() -> None:
    scene = greeted()
    scene.when(SessionRenewable("h-9"))
    scene.assistant_says("A long story.", ms=3_000)
    scene.when(SessionEnding(50.0)).nothing()
    assert scene.wait(2.0).of(RenewSession) == []
    assert scene.wait(1.5).one(RenewSession) == RenewSession("h-9")
    scene.when(SessionOpened(200, resumed=True)).nothing()


def test_goaway_renews_in_time_when_no_moment_is_quiet() -> None:
    scene = greeted()
    scene.when(SpeechStarted(), SessionEnding(10.0))
    assert scene.wait(4.9).of(RenewSession) == []
    assert scene.wait(0.2).of(RenewSession)


def test_a_tool_that_ends_while_the_session_is_renewed_is_told_to_the_next() -> None:
    scene = greeted()
    scene.when(ToolCalled("a", "look_up_order"), SessionLost(1006))
    scene.when(ToolReturned("a", {"status": "ok", "message": "Shipped on Monday."})).then(RecordTool)
    scene.when(SessionOpened(300))
    assert "Shipped on Monday." in scene.one(Say).instruction


def test_a_tool_that_ends_after_the_session_changed_is_told_in_words() -> None:
    scene = greeted()
    scene.when(ToolCalled("a", "look_up_order"), SessionLost(1006), SessionOpened(300))
    scene.when(ToolReturned("a", {"status": "ok", "message": "Shipped on Monday."})).then(Say, RecordTool)


def test_a_session_lost_during_the_goodbye_only_ends_the_call_sooner() -> None:
    scene = greeted()
    scene.assistant_says("Goodbye!", ms=1_000, complete=False)
    scene.when(ToolCalled("e", "end_call"), SessionLost(1006))
    assert scene.wait(2.0).of(HangUp) == [HangUp()]
    assert scene.end.disposition == dispositions.COMPLETED


# ---- ops


def test_ops_may_say_a_sentence_leave_a_note_and_end_the_call() -> None:
    scene = greeted()
    assert scene.when(SupervisorAsked("say", "We close soon.")).one(Say).instruction.endswith('"We close soon."')
    assert "not for the caller" in scene.when(SupervisorAsked("note", "She is a regular.")).one(Say).instruction
    scene.when(SupervisorAsked("end")).wait(5.0)
    assert scene.end.disposition == dispositions.ENDED_BY_OPS


def test_a_fault_of_ours_ends_the_call_with_its_own_disposition() -> None:
    scene = greeted()
    (hang_up, close, end) = scene.call.fail(scene.now, "KeyError")
    assert isinstance(hang_up, HangUp)
    assert hang_up.apology
    assert isinstance(close, CloseSession)
    assert isinstance(end, RecordEnd)
    assert end.disposition == dispositions.FAILED
    assert scene.call.fail(scene.now, "KeyError") == []


def test_every_disposition_an_end_can_have_is_listed() -> None:
    assert {dispositions.FAILED, dispositions.COMPLETED} <= set(dispositions.ALL)
    assert len(set(dispositions.ALL)) == len(dispositions.ALL)


def test_a_note_about_what_was_heard_is_left_out_where_the_line_says_so() -> None:
    scene = greeted(context_notes=False)
    scene.assistant_says("A long story.", ms=3_000, complete=False).wait(1.0)
    scene.when(AssistantInterrupted())
    assert scene.of(TellHeard) == []


def test_a_process_with_no_time_left_ends_the_call_with_a_word_from_twilio() -> None:
    scene = greeted()
    scene.when(Draining(within_s=0.0))
    assert scene.one(HangUp).apology
    assert scene.end.disposition == dispositions.DRAINED
