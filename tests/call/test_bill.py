"""What a call costs, item by item, against a ledger kept by hand; and the way out of a call that costs too much."""

import json
from dataclasses import replace
from typing import cast

import pytest

from app.call import dispositions, flags
from app.call.commands import HandOff, HangUp, RecordCost, RecordFlag, Say
from app.call.costs import billed
from app.call.events import (
    CallerHungUp,
    CallerReturned,
    HandoffFailed,
    SessionEnding,
    SessionLost,
    SessionOpened,
    SessionRenewable,
    ToolCalled,
    ToolReturned,
    UsageReported,
)
from app.gemini.messages import parse
from app.rehearsal.live_talk import Usage
from tests.playbook import RULES, Scene, greeted

PRICES = {"prompt.text": 0.75, "prompt.audio": 3.0, "response.text": 4.5, "response.audio": 12.0, "tool_use.text": 0.75}
BILLS = replace(
    RULES,
    bills=True,
    models={"first": "live", "second": "other"},
    prices=PRICES,
    second_prices={"prompt.audio": 6.0},
    minute_prices={"inbound": 0.0085, "stream": 0.004},
    tool_prices={"look_up_order": 0.01},
    guessed_prices=("stream",),
    writes=("open_ticket",),
)


def bill(scene: Scene) -> dict[str, tuple[float, float | None, bool]]:
    return {cost.item: (cost.quantity, cost.usd, cost.estimated) for cost in scene.ever(RecordCost)}


def reported(usage: Usage) -> UsageReported:
    """The usage of a turn, as the stand-in's frame says it and we read it."""
    (event,) = parse(json.dumps({"usageMetadata": usage.metadata()}).encode())
    return cast(UsageReported, event)


def test_a_call_of_ten_minutes_with_renewals_costs_what_a_ledger_kept_by_hand_says() -> None:
    scene, usage = greeted(BILLS), Usage()
    usage.wrote("x" * 8_000)
    prompt_text, text, audio = 0, len("x" * 8_000) // 4 + 1, 0.0
    prompt_audio = response_audio = 0
    for turn in range(60):  # ten minutes of turns of ten seconds: 4 the caller's, 5 the assistant's
        scene.caller_says("And then?", ms=3_500).assistant_says("Then this.", ms=5_000)
        usage.listened(10.0)
        usage.spoke(5.0)
        audio += 250  # 25 tokens a second: the whole context is billed again
        prompt_text, prompt_audio, response_audio = prompt_text + text, prompt_audio + int(audio), response_audio + 125
        scene.when(reported(usage))
        audio += 125  # the answer is part of the context from now on
        scene.wait(6.05)
        if turn == 29:  # a fresh session: the context begins anew
            scene.when(SessionLost(1007)).when(SessionOpened(200))
            usage, text, audio = Usage(), 1 + 400 // 4, 0.0
            usage.wrote("x" * 400)
        if turn == 44:  # one resumed: it goes on
            scene.when(SessionRenewable("handle"), SessionEnding(5.0)).wait(5.0)
            scene.when(SessionOpened(200, resumed=True))
    scene.when(CallerHungUp())
    tokens = (prompt_text * 0.75 + prompt_audio * 3.0 + response_audio * 12.0) / 1_000_000
    minutes = -(-scene.end.duration_s // 60)
    by_hand = tokens + minutes * (0.0085 + 0.004)
    assert minutes >= 10
    assert scene.end.sessions == 3
    assert scene.end.cost_usd == pytest.approx(by_hand, rel=0.01)
    assert scene.end.cost_usd == pytest.approx(sum(usd or 0 for _, usd, _ in bill(scene).values()), abs=1e-6)
    assert bill(scene)["live response.audio"][0] == response_audio


def test_every_token_is_billed_once_and_those_without_a_modality_as_text() -> None:
    told = {"prompt": 522, "prompt.text": 332, "prompt.audio": 165, "tool_use": 10, "thoughts": 136, "total": 700}
    assert billed(told) == {
        "prompt.text": 332,
        "prompt.audio": 165,
        "prompt.unnamed": 25,
        "tool_use.unnamed": 10,
        "thoughts": 136,
    }


def test_tokens_that_had_to_be_guessed_at_are_marked() -> None:
    scene = greeted(BILLS).when(UsageReported({"prompt": 1_000, "prompt.audio": 900, "thoughts": 10}), CallerHungUp())
    assert bill(scene)["live prompt.audio"] == (900, 0.0027, False)
    assert bill(scene)["live prompt.unnamed"] == (100, 0.000075, True)
    assert bill(scene)["live thoughts"] == (10, 0.000045, True)  # at the price of text


def test_what_has_no_price_is_on_record_without_one() -> None:
    scene = greeted(replace(BILLS, prices={})).when(UsageReported({"prompt.audio": 900}), CallerHungUp())
    assert bill(scene)["live prompt.audio"] == (900, None, True)
    assert scene.end.cost_usd == 0.0125  # the legs


def test_a_call_without_usage_is_billed_by_its_sound_and_flagged() -> None:
    scene = greeted(BILLS).wait(5.0).when(CallerHungUp())
    seconds = scene.end.duration_s
    assert bill(scene)["live prompt.audio"][0] == round(seconds * 25)
    assert bill(scene)["live prompt.audio"][2]
    assert [flag.name for flag in scene.of(RecordFlag)] == [flags.COST_ESTIMATED]


def test_each_stream_is_billed_by_the_minutes_that_it_began() -> None:
    scene = greeted(BILLS).wait(60.0 - 10.0)
    scene.when(CallerHungUp(clean=False)).wait(5.0).when(CallerReturned("MZ2")).when(SessionOpened(200))
    scene.wait(5.0).when(CallerHungUp())
    assert bill(scene)["stream"] == (2, 0.008, True)
    assert bill(scene)["inbound"] == (2, 0.017, True)


def test_tools_that_cost_are_billed_by_their_uses_that_ended_well() -> None:
    scene = greeted(BILLS)
    for number, status in enumerate(("ok", "ok", "error")):
        scene.when(ToolCalled(str(number), "look_up_order", {"order": number}))
        scene.when(ToolReturned(str(number), {"status": status}, status, 50))
    scene.when(CallerHungUp())
    assert bill(scene)["tool look_up_order"] == (2, 0.02, False)


DEAR = UsageReported({"prompt": 1_000_000, "prompt.audio": 1_000_000})  # three dollars


def test_a_call_that_has_cost_enough_goes_to_a_representative() -> None:
    scene = greeted(replace(BILLS, cost_limit_usd=1.0, cost_way="hand_off")).when(DEAR)
    assert "I am connecting you" in scene.one(Say).instruction
    scene.assistant_says("I am connecting you with a colleague now.", ms=1_000).wait(3.0)
    assert scene.ever(HandOff) == [HandOff("+12025550100")]
    assert flags.COST_LIMIT in [flag.name for flag in scene.ever(RecordFlag)]


def test_what_the_model_does_not_say_before_that_handoff_twilio_does() -> None:
    scene = greeted(replace(BILLS, cost_limit_usd=1.0, cost_way="hand_off")).when(DEAR).wait(10.0)
    assert scene.ever(HandOff) == [HandOff("+12025550100", "I am connecting you with a colleague now.", "en-US")]


def test_when_nobody_takes_it_the_call_ends_with_a_goodbye() -> None:
    scene = greeted(replace(BILLS, cost_limit_usd=1.0, cost_way="hand_off")).when(DEAR).wait(10.0)
    scene.when(HandoffFailed("busy"), CallerReturned("MZ2"))
    assert "cannot go on with this call" in (scene.one(HangUp).apology or "")
    assert scene.end.disposition == dispositions.COST_LIMIT


@pytest.mark.parametrize(("way", "number"), [("goodbye", "+12025550100"), ("hand_off", None)])
def test_by_the_lines_wish_or_without_a_representative_it_ends_at_once(way: str, number: str | None) -> None:
    rules = replace(BILLS, cost_limit_usd=1.0, cost_way=way, handoff_number=number)  # type: ignore[arg-type]
    scene = greeted(rules).when(DEAR).wait(10.0)
    assert scene.ever(HandOff) == []
    assert scene.end.disposition == dispositions.COST_LIMIT


def test_minutes_and_tools_count_towards_the_limit() -> None:
    scene = greeted(replace(BILLS, cost_limit_usd=0.02, cost_way="goodbye")).wait(8.0)
    scene.when(UsageReported({"prompt.audio": 100})).then()
    scene.when(ToolCalled("1", "look_up_order"), ToolReturned("1", {"status": "ok"}, "ok", 50))
    scene.when(UsageReported({"prompt.audio": 100}))
    assert [flag.detail for flag in scene.of(RecordFlag)] == ["0.02 USD"]
