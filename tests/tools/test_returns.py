"""Returns and refunds: for the caller who was verified, of their own orders, once."""

import asyncio
from pathlib import Path

import pytest

from tests.tools.phoning import Call, rows, said, shown

MARIAS = {"order_number": "1032", "postcode": "10014"}


async def verified(data: Path, call_sid: str = "CA1", language: str = "en-US") -> Call:
    call = Call(data, "+12125550147", call_sid, language)
    assert (await call.uses("verify_order", **MARIAS)).level == "details"
    return call


async def test_a_caller_is_verified_by_an_order_and_its_postcode(tmp_path: Path) -> None:
    end = await Call(tmp_path).uses("verify_order", order_number="1 0 3 2", postcode="one zero zero one four")
    assert (end.status, end.level, shown(end)) == ("ok", "details", {})


@pytest.mark.parametrize(
    ("order", "postcode"), [("1032", "10025"), ("9999", "10014"), ("", ""), ("1032", ""), ("1032", "10014 10025")]
)
async def test_a_wrong_order_and_a_wrong_postcode_get_the_same_answer(
    tmp_path: Path, order: str, postcode: str
) -> None:
    wrong = await Call(tmp_path).uses("verify_order", order_number=order, postcode=postcode)
    unknown = await Call(tmp_path).uses("verify_order", order_number="4711", postcode="00000")
    assert wrong == unknown
    assert wrong.level == "none"


@pytest.mark.parametrize("tool", ["start_return", "refund_state"])
async def test_nothing_is_done_for_a_caller_who_was_not_verified(tmp_path: Path, tool: str) -> None:
    end = await Call(tmp_path, "+12125550147").uses(tool, order_number="1032", reason="too small")
    assert end.status == "refused"


async def test_a_return_is_read_back_and_started(tmp_path: Path) -> None:
    call = await verified(tmp_path)
    end = await call.agrees("start_return", order_number="1032", reason="too small")
    assert (end.status, end.effect) == ("ok", True)
    assert said(end).startswith("The return of order 1 0 3 2 is started. Its number is ")
    kept = rows(tmp_path / "returns.db", "SELECT number, order_number, customer_id, call_sid, reason FROM returns")
    assert kept == [(shown(end)["return_number"], "1032", 1, "CA1", "too small")]


async def test_the_same_return_asked_for_again_is_the_same_return(tmp_path: Path) -> None:
    first = await (await verified(tmp_path)).agrees("start_return", order_number="1032", reason="too small")
    later = await (await verified(tmp_path, "CA2")).agrees("start_return", order_number="1032", reason="a hole in it")
    assert said(first) == said(later)
    assert rows(tmp_path / "returns.db", "SELECT count(*) FROM returns") == [(1,)]


async def test_two_calls_at_once_start_one_return(tmp_path: Path) -> None:
    calls = [await verified(tmp_path, f"CA{number}") for number in range(4)]
    ends = await asyncio.gather(*(call.agrees("start_return", order_number="1032", reason="big") for call in calls))
    assert len({said(end) for end in ends}) == 1
    assert rows(tmp_path / "returns.db", "SELECT count(*) FROM returns") == [(1,)]


async def test_anothers_order_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    call = await verified(tmp_path)
    for tool in ("refund_state", "start_return"):
        ends = [
            await (call.uses if tool == "refund_state" else call.agrees)(tool, order_number=number, reason="big")
            for number in ("1038", "4711")
        ]
        assert [end.response["status"] for end in ends] == ["not_found", "not_found"]
        assert said(ends[0]) == said(ends[1])
    assert not (tmp_path / "returns.db").exists() or rows(tmp_path / "returns.db", "SELECT 1 FROM returns") == []


@pytest.mark.parametrize(
    ("number", "postcode", "words"),
    [("1051", "10025", "has not been delivered"), ("1018", "10025", "has not been delivered")],
)
async def test_what_was_not_delivered_cannot_be_sent_back(
    tmp_path: Path, number: str, postcode: str, words: str
) -> None:
    call = Call(tmp_path)
    await call.uses("verify_order", order_number=number, postcode=postcode)
    end = await call.agrees("start_return", order_number=number, reason="big")
    assert (end.status, end.effect) == ("error", False)
    assert words in said(end)


@pytest.mark.parametrize(
    ("number", "postcode", "state"),
    [("1018", "10025", "returned"), ("1029", "33135", "cancelled"), ("1032", "10014", "none")],
)
async def test_a_refund_is_told_as_it_stands(tmp_path: Path, number: str, postcode: str, state: str) -> None:
    call = Call(tmp_path)
    await call.uses("verify_order", order_number=number, postcode=postcode)
    assert shown(await call.uses("refund_state", order_number=number)) == {"state": state}


async def test_a_refund_waits_for_the_return(tmp_path: Path) -> None:
    call = await verified(tmp_path)
    await call.agrees("start_return", order_number="1032", reason="big")
    assert shown(await call.uses("refund_state", order_number="1032")) == {"state": "awaited"}


async def test_a_return_is_told_in_spanish(tmp_path: Path) -> None:
    call = await verified(tmp_path, language="es-US")
    asked = await call.uses("start_return", "Quiero devolverlo.", order_number="1032", reason="pequeño")
    assert said(asked) == "Voy a iniciar la devolución del pedido 1 0 3 2. ¿Es correcto?"
    end = await call.uses("start_return", "Sí, por favor.", order_number="1032", reason="pequeño")
    assert said(end).startswith("La devolución del pedido 1 0 3 2 está iniciada.")
