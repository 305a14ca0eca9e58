"""HTTP tools as they run: what is sent, what the model may see, and what is never told."""

from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.rehearsal.shipping import HOST, SECRET, ShippingStandIn
from app.toolkit.declare import Caller, ToolError
from app.toolkit.http import Hosts, read_http_tool
from app.toolkit.http.breaker import FAILURES
from app.toolkit.http.reading import read_http_file
from tests.toolkit.http.places import CALLER, REDIRECT, TRACK, hosts_of, ran, read, resolving, swapped, written


async def test_an_answer_is_what_the_file_picks_of_it_and_no_more(tmp_path: Path, shipping: ShippingStandIn) -> None:
    tool = read(written(tmp_path, TRACK), shipping)
    assert await ran(tool, number="NP1047") == {
        "status": "ok",
        "retryable": False,
        "message": "It is in_transit with Northwind Parcel.",
        "state": "in_transit",
        "carrier": "Northwind Parcel",
    }


async def test_what_is_not_there_is_said_politely(tmp_path: Path, shipping: ShippingStandIn) -> None:
    tool = read(written(tmp_path, TRACK), shipping)
    assert (await ran(tool, number="NP9999"))["status"] == "not_found"
    told = swapped(TRACK, "not_found = [404]", 'not_found = [404]\nnot_found_message.en = "No parcel {number:digits}."')
    assert (await ran(read(written(tmp_path, told), shipping), number="NP9"))["message"] == "No parcel N P 9."


async def test_a_refusal_has_the_sentence_that_the_file_gives_it(tmp_path: Path, shipping: ShippingStandIn) -> None:
    tool = read(written(tmp_path, REDIRECT), shipping)
    with pytest.raises(ToolError, match="not on its way any more"):
        await ran(tool, number="NP1032", place="Kiosk")


async def test_a_write_is_done_once_however_often_it_is_sent(tmp_path: Path, shipping: ShippingStandIn) -> None:
    tool = read(written(tmp_path, REDIRECT), shipping)
    assert tool.options.write and tool.options.idempotent
    for _ in range(3):
        assert (await ran(tool, number="NP1047", place="Kiosk"))["place"] == "Kiosk"
    await ran(tool, replace(CALLER, key="k2"), number="NP1047", place="Kiosk")
    assert shipping.redirects == [("NP1047", "Kiosk")] * 2
    assert [seen.headers["idempotency-key"] for seen in shipping.seen] == ["k1", "k1", "k1", "k2"]
    assert shipping.seen[0].body == '{"place":"Kiosk"}'


async def test_arguments_that_mean_harm_change_nothing_but_their_own_place(
    tmp_path: Path, shipping: ShippingStandIn
) -> None:
    tool = read(written(tmp_path, TRACK), shipping)
    for number in ("../../admin?x=#", "..", "NP1047/redirect", "a\r\nHost: evil.example"):
        with pytest.raises(ToolError) as refused:
            await ran(tool, number=number)
        assert refused.value.retryable
    assert not shipping.seen
    await ran(tool, number="NP1047?x=1&y=#z@evil.example:80")
    assert shipping.seen[0].target == "/v1/parcels/NP1047%3Fx%3D1%26y%3D%23z%40evil.example%3A80"
    assert shipping.seen[0].headers["host"] == HOST


async def test_who_calls_is_put_in_by_the_house(tmp_path: Path, shipping: ShippingStandIn) -> None:
    text = 'level = "details"\n' + swapped(
        TRACK, "[headers]", '[query]\nfor = "{caller.customer}"\nfrom = "{caller.number}"\n\n[headers]'
    )
    tool = read(written(tmp_path, text), shipping)
    assert tool.options.level == "details"
    assert "caller" not in str(tool.spec.parameters)
    await ran(tool, replace(CALLER, level="details", customer="3"), number="NP1047")
    assert shipping.seen[0].target.endswith("?for=3&from=%2B12125550123")
    for unknown in (CALLER, Caller(number="anonymous", customer="3")):
        with pytest.raises(ToolError, match="without a number"):
            await ran(tool, unknown, number="NP1047")
    assert len(shipping.seen) == 1


async def test_a_secret_is_sent_and_told_to_nobody(tmp_path: Path, shipping: ShippingStandIn) -> None:
    tool = read(written(tmp_path, TRACK), shipping)
    with capture_logs() as logs:
        answer = await ran(tool, number="NP1047")
        broken = swapped(TRACK, "[headers]", '[query]\nfault = "error"\n\n[headers]')
        with pytest.raises(ToolError) as failed:
            await ran(read(written(tmp_path, broken), shipping), number="X77")
    told = f"{logs} {answer} {failed.value!r} {failed.value.__cause__!r}"
    assert shipping.seen[0].headers["authorization"] == f"Bearer {shipping.key}"
    assert shipping.key not in told
    assert "NP1047" not in str(logs) and "X77" not in told and "/v1/" not in told
    assert {"event": "http_tool_answered", "host": HOST, "status": 200, "log_level": "info"}.items() <= logs[0].items()


async def test_a_secret_that_a_service_sends_back_does_not_reach_the_model(
    tmp_path: Path, shipping: ShippingStandIn
) -> None:
    text = swapped(REDIRECT, 'place = "{place}"', 'place = "{place} {secret.SHIPPING_KEY}"')
    answer = await ran(read(written(tmp_path, text), shipping), number="NP1047", place="Kiosk")
    assert shipping.redirects == [("NP1047", f"Kiosk {shipping.key}")]
    assert answer["place"] == "Kiosk ••••"
    assert shipping.key not in str(answer)


@pytest.mark.parametrize("fault", ["error", "huge", "words", "redirect"])
async def test_a_service_that_goes_wrong_is_a_polite_answer(
    tmp_path: Path, shipping: ShippingStandIn, fault: str
) -> None:
    text = swapped(TRACK, "[headers]", f'[query]\nfault = "{fault}"\n\n[headers]')
    with pytest.raises(ToolError, match="can't get to that right now") as failed:
        await ran(read(written(tmp_path, text), shipping), number="NP1047")
    assert failed.value.retryable == (fault == "error")
    with pytest.raises(ToolError, match="no puedo"):
        await ran(read(written(tmp_path, text), shipping), replace(CALLER, language="es-US"), number="NP1047")


async def test_a_write_that_may_have_gone_through_is_said_to_be_unsure(
    tmp_path: Path, shipping: ShippingStandIn
) -> None:
    text = swapped(REDIRECT, "[headers]", '[query]\nfault = "error"\n\n[headers]')
    with pytest.raises(ToolError, match="whether that went through") as failed:
        await ran(read(written(tmp_path, text), shipping), number="NP1047", place="Kiosk")
    assert failed.value.retryable
    text = swapped(text, 'idempotent = "Idempotency-Key"', "idempotent = false")
    with pytest.raises(ToolError, match="whether that went through") as failed:
        await ran(read(written(tmp_path, text), shipping), number="NP1047", place="Kiosk")
    assert not failed.value.retryable


async def test_a_host_that_rests_is_answered_for_at_once(tmp_path: Path, shipping: ShippingStandIn) -> None:
    text = swapped(TRACK, "[headers]", '[query]\nfault = "error"\n\n[headers]')
    tool = read(written(tmp_path, text), shipping)
    for _ in range(FAILURES + 3):
        with pytest.raises(ToolError):
            await ran(tool, number="NP1047")
    assert len(shipping.seen) == FAILURES


async def test_a_slow_service_ends_within_the_tools_own_limit(tmp_path: Path, shipping: ShippingStandIn) -> None:
    text = "timeout_s = 0.5\n" + swapped(TRACK, "[headers]", '[query]\nfault = "slow"\n\n[headers]')
    with pytest.raises(ToolError, match="too long"):
        await ran(read(written(tmp_path, text), shipping), number="NP1047")


async def test_a_tool_whose_host_is_not_allowed_is_off_and_sends_nothing(tmp_path: Path) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise AssertionError("looked up")

    tool = read_http_tool(written(tmp_path, TRACK), Hosts(), {}, resolve=resolve)
    assert HOST in tool.off and "FRONTLINE_TOOL_HOSTS" in tool.off
    with pytest.raises(ToolError, match="can't get to that"):
        await ran(tool, number="NP1047")


async def test_an_answer_without_what_is_picked_is_nothing_found(tmp_path: Path, shipping: ShippingStandIn) -> None:
    text = swapped(swapped(TRACK, '"state"', '"delay.why"'), 'fields.carrier = "carrier.name"\n', "")
    text = swapped(text, 'message.en = "It is {state} with {carrier}."', "")
    answer = await ran(read(written(tmp_path, text), shipping), number="NP1047")
    assert (answer["status"], answer["message"]) == ("not_found", "I found nothing on that.")


async def test_a_question_of_whose_answer_nothing_is_shown_is_off(tmp_path: Path, shipping: ShippingStandIn) -> None:
    tool = read(written(tmp_path, TRACK[: TRACK.index("fields.state")]), shipping)
    assert "[response.fields]" in tool.off
    with pytest.raises(ToolError, match="can't get to that"):
        await ran(tool, number="NP1047")
    assert not shipping.seen


async def test_a_host_that_leads_inside_is_a_polite_answer_and_a_line_for_ops(tmp_path: Path) -> None:
    hosts = Hosts(frozenset({HOST}))
    tool = read_http_tool(written(tmp_path, TRACK), hosts, {SECRET: "hidden-key"}, resolve=resolving(["10.0.0.7"]))
    with capture_logs() as logs, pytest.raises(ToolError, match="can't get to that"):
        await ran(tool, number="NP1047")
    assert logs[0]["reason"] == "10.0.0.7 is private"


def test_what_would_be_sent_is_shown_with_dots_for_every_secret(tmp_path: Path) -> None:
    text = swapped(TRACK, "[headers]", '[query]\nkey = "{secret.SHIPPING_KEY}"\n\n[headers]')
    shown = read_http_file(written(tmp_path, text)).shown({"number": "NP 1"}, CALLER)
    assert shown.url == f"https://{HOST}/v1/parcels/NP%201?key=••••"
    assert dict(shown.headers) == {"Authorization": "Bearer ••••"}


def test_the_shipped_tool_reads(tmp_path: Path) -> None:
    house = Path(__file__).parents[3] / "tools" / "track_parcel.toml"
    tool = read_http_tool(house, Hosts(), {})
    assert tool.spec.name == "track_parcel" and tool.off


async def test_the_shipped_tool_finds_a_parcel(shipping: ShippingStandIn) -> None:
    house = Path(__file__).parents[3] / "tools" / "track_parcel.toml"
    tool = read_http_tool(house, hosts_of(shipping), {SECRET: shipping.key})
    answer = await ran(tool, tracking_number="np 1047")
    assert str(answer["message"]).startswith("Your parcel is on its way with Northwind Parcel. It should arrive on ")
    spanish = await ran(tool, replace(CALLER, language="es-US"), tracking_number="NP1032")
    assert spanish["message"] == "Su paquete está entregado, dice Northwind Parcel."
    assert "recipient" not in answer
