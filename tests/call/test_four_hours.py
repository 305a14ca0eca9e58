"""A call of four hours, the longest that Twilio lets be: what it remembers does not grow."""

import gc
import sys
import types

from app.call.events import (
    AssistantAudio,
    AssistantInterrupted,
    KeyPressed,
    SessionEnding,
    SessionLost,
    SessionOpened,
    SessionRenewable,
    SpeechEnded,
    SpeechStarted,
    TextReceived,
    ToolCalled,
    ToolReturned,
    Transcribed,
    TurnCompleted,
    UsageReported,
)
from app.call.machine import Call
from app.call.memory import State
from app.call.on_model import LONGEST_AHEAD_MS
from app.call.transcript import LONGEST_TURN
from tests.playbook import RULES, Scene, frame, greeted, sound

HOURS_4 = 4 * 3600.0
GOAWAY_EVERY_S = 600.0
ROUND_S = 15.0
_NOT_OURS = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType)


def weight_of(call: Call) -> int:
    """Bytes of everything a call holds, its rules apart."""
    seen: set[int] = {id(call._memory.rules)}
    waiting: list[object] = [call]
    total = 0
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, _NOT_OURS):
            continue
        seen.add(id(one))
        total += sys.getsizeof(one)
        waiting += gc.get_referents(one)
    return total


def a_round(scene: Scene, number: int) -> None:
    """A quarter of a minute of a call at work."""
    scene.caller_says(f"And what about order {number}, please?")
    if number % 2 == 0:
        id = f"t{number}"
        scene.when(ToolCalled(id, "look_up_order", {"order_number": str(number)})).wait(0.5)
        scene.when(ToolReturned(id, {"status": "ok", "message": f"Order {number} has left the house."}))
    if number % 9 == 0:
        scene.when(KeyPressed(str(number % 10)), TextReceived(f"number {number}"))
    scene.when(*(frame() for _ in range(50)))
    scene.assistant_says(f"Order number {number} has left the house and is with you tomorrow.", ms=4_000)
    if number % 4 == 0:
        scene.wait(1.0)
        scene.when(SpeechStarted(), AssistantInterrupted(), TurnCompleted()).wait(0.5)
        scene.when(SpeechEnded(400, 100))
        scene.assistant_says("Yes?", ms=400)
    scene.when(UsageReported({"prompt.audio": 400, "response.audio": 120, "total": 520}))
    scene.wait(7.0)
    scene.all.clear()


def renew(scene: Scene, number: int) -> None:
    """The service sends its callers to another connection; every fourth time it just cuts them off."""
    if number % 4 == 0:
        scene.when(SessionLost(1011, "Deadline expired"))
    else:
        scene.when(SessionRenewable(f"handle-{number}"), SessionEnding(50.0))
    for _ in range(50):
        if scene.call.state is State.RENEWING:
            break
        scene.wait(1.0)
    assert scene.call.state is State.RENEWING
    scene.when(SessionOpened(200, resumed=number % 4 != 0)).wait(3.0)


def test_a_call_of_four_hours_weighs_no_more_than_one_of_an_hour_and_a_half() -> None:
    scene = greeted(RULES, longest_call_s=HOURS_4 + 60, silence_s=60.0)
    weights: list[int] = []
    number, goaway_at, weigh_at = 0, scene.now + GOAWAY_EVERY_S, scene.now + 1_800.0
    while scene.now - scene.started_at < HOURS_4:
        number += 1
        a_round(scene, number)
        assert not scene.call.ended
        if scene.now >= goaway_at:
            goaway_at += GOAWAY_EVERY_S
            renew(scene, number)
        if scene.now >= weigh_at:
            weigh_at += 1_800.0
            weights.append(weight_of(scene.call))
    assert number > 500
    # By then what is remembered of tools and turns has reached its bounds.
    assert max(weights[3:]) <= max(weights[:3]) * 1.1, weights
    assert max(weights) < 100_000
    scene.wait(200.0)
    assert scene.end.disposition == "longest_call"
    assert scene.end.sessions > 20


def test_a_model_that_runs_away_is_not_kept_up_with() -> None:
    scene = greeted()
    scene.when(*(AssistantAudio(sound(5_000)) for _ in range(200)))
    memory = scene.call._memory
    assert memory.playout.queued_ms - memory.playout.sent_ms <= LONGEST_AHEAD_MS + 10_000


def test_a_turn_without_an_end_is_cut_in_its_words() -> None:
    scene = greeted()
    for _ in range(300):
        scene.when(Transcribed("assistant", "on and on " * 20), Transcribed("caller", "and on " * 20))
    transcript = scene.call._memory.transcript
    assert transcript.open is not None
    assert len(transcript.open.text) <= LONGEST_TURN
    assert transcript.caller is not None
    assert len(transcript.caller.text) <= LONGEST_TURN
