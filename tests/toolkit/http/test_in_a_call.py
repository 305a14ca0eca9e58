"""HTTP tools as a call runs them: guarded, tried again where that does no harm, and done once."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.call.commands import RunTool
from app.rehearsal.shipping import ShippingStandIn
from app.toolkit.runner import ToolRunner
from tests.toolkit.http.places import CALLER, REDIRECT, TRACK, read, swapped, written

TO_KIOSK = {"number": "NP1047", "place": "Kiosk"}


def runner(tmp_path: Path, shipping: ShippingStandIn, text: str) -> ToolRunner:
    return ToolRunner({"track": read(written(tmp_path, text), shipping)}, CALLER)


def use(**more: object) -> RunTool:
    given: dict[str, object] = {"number": "NP1047", **more}
    return RunTool("1", "track", given, "en", 1, "")


def failing(text: str, fault: str) -> str:
    return swapped(text, "[headers]", f'[query]\nfault = "{fault}"\n\n[headers]')


async def test_a_question_is_tried_again_as_often_as_its_file_says(tmp_path: Path, shipping: ShippingStandIn) -> None:
    end = await runner(tmp_path, shipping, "retries = 2\n" + failing(TRACK, "error")).run(use())
    assert (end.status, len(shipping.seen)) == ("error", 3)
    assert end.response["message"] == "I'm sorry, I can't get to that right now."


async def test_an_answer_that_no_second_try_mends_is_asked_for_once(tmp_path: Path, shipping: ShippingStandIn) -> None:
    end = await runner(tmp_path, shipping, "retries = 2\n" + failing(TRACK, "words")).run(use())
    assert (end.status, len(shipping.seen)) == ("error", 1)


async def test_a_second_try_of_a_write_has_the_key_of_the_first(tmp_path: Path, shipping: ShippingStandIn) -> None:
    end = await runner(tmp_path, shipping, "retries = 2\n" + failing(REDIRECT, "error")).run(use(**TO_KIOSK))
    assert (end.status, end.effect) == ("error", False)
    assert len(shipping.seen) == 3
    assert {seen.headers["idempotency-key"] for seen in shipping.seen} == {end.key}


async def test_a_write_that_was_done_is_not_sent_again(tmp_path: Path, shipping: ShippingStandIn) -> None:
    tools = runner(tmp_path, shipping, REDIRECT)
    ends = [await tools.run(use(**TO_KIOSK)) for _ in range(3)]
    assert [end.status for end in ends] == ["ok"] * 3
    assert [end.effect for end in ends] == [True, False, False]
    assert shipping.redirects == [("NP1047", "Kiosk")]
    assert len(shipping.seen) == 1


async def test_a_write_that_may_have_been_done_is_not_sent_again(tmp_path: Path, shipping: ShippingStandIn) -> None:
    once_only = swapped(REDIRECT, 'idempotent = "Idempotency-Key"\n', "")
    tools = runner(tmp_path, shipping, failing(once_only, "error"))
    for _ in range(3):
        end = await tools.run(use(**TO_KIOSK))
        assert "through" in str(end.response["message"])
    assert len(shipping.seen) == 1


async def test_a_refusal_can_be_asked_for_again(tmp_path: Path, shipping: ShippingStandIn) -> None:
    tools = runner(tmp_path, shipping, REDIRECT)
    for _ in range(2):
        end = await tools.run(use(**{**TO_KIOSK, "number": "NP1032"}))
        assert end.response["message"] == "That parcel is not on its way any more."
    assert len(shipping.seen) == 2
    assert shipping.redirects == []


async def test_a_slow_service_is_said_to_be_slow_in_time(tmp_path: Path, shipping: ShippingStandIn) -> None:
    end = await runner(tmp_path, shipping, "timeout_s = 0.5\n" + failing(TRACK, "slow")).run(use())
    assert "too long" in str(end.response["message"])


@pytest.mark.parametrize(
    "extra", [{"customer": "7"}, {"caller": "x"}, {"host": "evil.example"}, {"secret.SHIPPING_KEY": "x"}, {"url": "x"}]
)
async def test_arguments_that_the_tool_does_not_have_reach_nobody(
    tmp_path: Path, shipping: ShippingStandIn, extra: dict[str, object]
) -> None:
    end = await runner(tmp_path, shipping, TRACK).run(use(**extra))
    assert end.status == "ok"
    assert shipping.seen[0].target == "/v1/parcels/NP1047"
    assert shipping.seen[0].headers["authorization"] == f"Bearer {shipping.key}"


async def test_a_tool_for_who_is_known_is_refused_to_who_is_not(tmp_path: Path, shipping: ShippingStandIn) -> None:
    text = 'level = "details"\n' + swapped(TRACK, "[headers]", '[query]\nof = "{caller.customer}"\n\n[headers]')
    tool = read(written(tmp_path, text), shipping)
    end = await ToolRunner({"track": tool}, CALLER).run(use(customer="7", level="details"))
    assert (end.status, len(shipping.seen)) == ("refused", 0)
    known = replace(CALLER, level="details", customer="7")
    assert (await ToolRunner({"track": tool}, known).run(use(customer="8"))).status == "ok"
    assert shipping.seen[0].target.endswith("?of=7")
