"""Sessions renewed on our own time: at a quiet moment of their age, late at the latest, afresh when a chain is old."""

from dataclasses import replace

import pytest

from app.call.commands import AnswerTool, Listen, RenewSession, Say
from app.call.events import (
    AssistantAudio,
    AssistantInterrupted,
    SessionEnding,
    SessionLost,
    SessionOpened,
    SessionRenewable,
    SpeechEnded,
    SpeechStarted,
    ToolCalled,
    ToolReturned,
    TurnCompleted,
)
from tests.call.test_listening import numbered, numbers
from tests.playbook import RULES, Scene, frame, greeted, sound

AGED = replace(RULES, renew_after_s=540.0, fresh_after_s=3_000.0, silence_s=100_000.0, longest_call_s=14_400.0)
RESUMED = SessionOpened(200, resumed=True)
HANDLE = SessionRenewable("h")


def at(scene: Scene, seconds: float) -> Scene:
    """Time passes until the call is so old."""
    return scene.wait(scene.started_at + seconds - scene.now)


# ---- by age


def test_a_connection_is_renewed_at_the_first_quiet_moment_of_its_tenth_minute() -> None:
    scene = at(greeted(AGED).when(HANDLE), 539.0)
    assert not scene.ever(RenewSession)
    assert at(scene, 541.0).one(RenewSession) == RenewSession("h")


def test_without_handles_the_next_session_is_told_the_call_so_far() -> None:
    scene = greeted(AGED).caller_says("Where is order 1047?").assistant_says("It was shipped.", 800)

    renewal = at(scene, 541.0).one(RenewSession)

    assert renewal.handle is None
    assert "Caller: Where is order 1047?\nYou: It was shipped." in renewal.story


def test_goaway_without_handles_is_a_new_session_before_the_cut() -> None:
    scene = greeted(AGED).wait(2.0).when(SessionEnding(50.0)).wait(1.0)

    assert scene.ever(RenewSession)[0].handle is None


def test_who_speaks_meanwhile_is_let_speak_until_it_is_late() -> None:
    scene = at(greeted(AGED).when(HANDLE), 535.0).when(SpeechStarted())
    assert not at(scene, 579.0).ever(RenewSession)
    assert at(scene, 580.5).ever(RenewSession)


def test_the_age_counts_anew_with_each_connection() -> None:
    scene = at(greeted(AGED).when(HANDLE), 541.0).when(RESUMED, HANDLE)
    assert not at(scene, 1_080.0).of(RenewSession)
    assert at(scene, 1_082.0).of(RenewSession)


def test_renewals_can_be_forced_every_few_seconds() -> None:
    scene = greeted(replace(AGED, renew_after_s=20.0)).when(HANDLE)
    for _ in range(9):
        assert len(scene.wait(20.5).of(RenewSession)) == 1
        scene.when(RESUMED, HANDLE)


def test_without_a_setting_the_service_decides() -> None:
    assert not at(greeted(silence_s=100_000.0, longest_call_s=14_400.0), 4_000.0).ever(RenewSession)


# ---- a chain of resumptions


def test_a_chain_is_replaced_by_a_fresh_session_before_it_ends() -> None:
    scene = greeted(AGED).when(HANDLE)
    kinds = []
    for _ in range(6):
        scene.wait(545.0)
        (renewal,) = scene.of(RenewSession)
        kinds.append(renewal.handle)
        scene.when(SessionOpened(200, resumed=renewal.handle is not None), HANDLE)
    assert kinds == ["h", "h", "h", "h", "h", None]
    assert scene.ever(RenewSession)[-1].story == "You: Hello, this is the assistant."


def test_a_chain_that_nobody_lets_rest_is_replaced_in_time() -> None:
    scene = greeted(replace(AGED, renew_after_s=None)).when(HANDLE, SpeechStarted())
    assert not at(scene, 3_290.0).ever(RenewSession)
    assert at(scene, 3_301.0).one(RenewSession).handle is None


def test_an_old_chain_that_is_lost_is_not_resumed() -> None:
    scene = at(greeted(replace(AGED, renew_after_s=None)).when(HANDLE, SpeechStarted()), 3_100.0)
    scene.when(SessionLost(1011, "Deadline expired before operation could complete."))
    assert scene.one(RenewSession).handle is None


def test_an_old_connection_is_resumed_whatever_the_code() -> None:
    scene = at(greeted(AGED).when(HANDLE, SpeechStarted()), 560.0)
    assert scene.when(SessionLost(1008, "no such session")).one(RenewSession) == RenewSession("h")


# ---- GoAway


@pytest.mark.parametrize("left_s", [0.0, 0.2, 4.9])
def test_a_goaway_with_hardly_any_time_left_renews_at_once(left_s: float) -> None:
    scene = greeted().when(HANDLE, SpeechStarted(), *numbered(10))
    assert scene.when(SessionEnding(left_s)).one(RenewSession) == RenewSession("h")
    assert numbers(scene.when(RESUMED).done) == list(range(10))


def test_after_goaway_a_loss_of_any_code_is_resumed() -> None:
    scene = greeted().when(HANDLE, SpeechStarted(), SessionEnding(50.0))
    assert scene.when(SessionLost(1008, "no such session")).one(RenewSession) == RenewSession("h")


# ---- tools


def test_no_session_is_renewed_while_a_tool_runs_if_there_is_time() -> None:
    scene = greeted().caller_says("Where is it?").when(ToolCalled("1", "look_up_order"), TurnCompleted())
    assert not scene.when(HANDLE, SessionEnding(60.0)).wait(20.0).of(RenewSession)


def test_after_a_tools_answer_a_newer_handle_is_waited_for() -> None:
    scene = greeted().when(SessionRenewable("before")).caller_says("Where is it?")
    scene.when(ToolCalled("1", "look_up_order"), SessionRenewable(None), SessionEnding(60.0)).wait(2.0)
    scene.when(ToolReturned("1", {"status": "ok", "message": "Shipped."}))
    scene.assistant_says("It was shipped.", ms=600)
    assert not scene.wait(3.0).of(RenewSession)
    assert scene.when(SessionRenewable("after")).one(RenewSession) == RenewSession("after")


def test_a_handle_that_does_not_come_is_waited_for_no_longer_than_there_is_time() -> None:
    scene = greeted(silence_s=1_000.0).when(SessionRenewable("before")).caller_says("Where is it?")
    scene.when(ToolCalled("1", "look_up_order"), SessionRenewable(None), SessionEnding(30.0)).wait(2.0)
    scene.when(ToolReturned("1", {"status": "ok", "message": "Shipped."}))
    scene.assistant_says("It was shipped.", ms=600)
    assert not scene.wait(20.0).of(RenewSession)
    assert scene.wait(4.0).one(RenewSession) == RenewSession("before")


def test_a_tool_that_is_overtaken_by_a_renewal_is_answered_once_in_the_new_session() -> None:
    scene = greeted().when(HANDLE).caller_says("Where is it?").when(ToolCalled("1", "look_up_order"))
    scene.when(SessionEnding(0.0)).when(RESUMED).then()
    scene.when(ToolReturned("1", {"status": "ok", "message": "Shipped."}))
    assert "look_up_order" in scene.one(Say).instruction
    assert not scene.ever(AnswerTool)
    scene.when(ToolReturned("1", {"status": "ok", "message": "Shipped."}))
    assert not scene.of(Say)


# ---- the second route


def test_a_bad_key_leads_to_the_second_route_and_the_call_stays_there() -> None:
    scene = greeted(second_route=True).when(HANDLE, SessionLost(401, "API key not valid."))
    assert scene.one(RenewSession) == RenewSession(None, "You: Hello, this is the assistant.", 0.0, "second")
    scene.when(SessionOpened(200), SessionRenewable("h2")).wait(15.0)
    assert scene.when(SessionLost(1006)).one(RenewSession) == RenewSession("h2", "", 0.0, "second")


def test_a_call_comes_back_on_the_route_it_was_on() -> None:
    scene = greeted(second_route=True).when(SessionLost(401)).when(SessionOpened(200), SpeechStarted(), *numbered(5))
    scene.when(SpeechEnded(100, 450), SessionLost(1006))
    assert scene.one(RenewSession).route == "second"
    scene.when(SessionOpened(200))
    assert scene.of(Listen)


def test_what_the_caller_said_over_an_answer_is_waited_for() -> None:
    scene = greeted().when(HANDLE, SpeechStarted(), *[frame()] * 50)
    scene.when(AssistantAudio(sound(240)), AssistantInterrupted(), TurnCompleted())  # of something they asked before
    scene.wait(0.4).when(SpeechEnded(900, 460), SessionEnding(8.0))
    assert not scene.wait(2.5).ever(RenewSession)
    scene.assistant_says("It was sent.", ms=500)
    assert scene.wait(2.0).ever(RenewSession)
