"""The bank: nothing of an account before the caller is known, and money only after the code."""

import asyncio
import re
from pathlib import Path

import pytest

from tests.tools.phoning import Call, rows, said

MARIA = {"account_number": "305719", "postcode": "10014"}
JAMES = {"account_number": "418826", "postcode": "10025"}


async def verified(data: Path, who: dict[str, str], call_sid: str = "CA1", language: str = "en-US") -> Call:
    call = Call(data, call_sid=call_sid, language=language)
    assert (await call.uses("verify_account", **who)).level == "details"
    return call


async def by_code(data: Path, who: dict[str, str], language: str = "en-US") -> Call:
    call = await verified(data, who, language=language)
    await call.uses("send_code")
    code = re.search(r"\d{6}", call.post.sent[-1][1])
    assert code
    assert (await call.uses("check_code", code=code[0])).level == "code"
    return call


@pytest.mark.parametrize(
    ("account", "postcode"),
    [("305719", "10025"), ("305718", "10014"), ("", ""), ("305719", ""), ("305719418826", "10014"), ("305719", "1001")],
)
async def test_a_wrong_account_and_a_wrong_postcode_get_the_same_answer(
    tmp_path: Path, account: str, postcode: str
) -> None:
    wrong = await Call(tmp_path).uses("verify_account", account_number=account, postcode=postcode)
    unknown = await Call(tmp_path).uses("verify_account", account_number="111111", postcode="22222")
    assert wrong == unknown


async def test_three_wrong_tries_lock_the_call_for_the_right_one_too(tmp_path: Path) -> None:
    call = Call(tmp_path)
    for postcode in ("1", "2", "3"):
        await call.uses("verify_account", account_number="305719", postcode=postcode)
    end = await call.uses("verify_account", **MARIA)
    assert (end.status, end.level) == ("refused", "none")


@pytest.mark.parametrize("tool", ["balance", "recent_payments"])
async def test_money_is_told_after_the_code_alone(tmp_path: Path, tool: str) -> None:
    call = Call(tmp_path, "+12025550143")
    assert (await call.uses(tool)).status == "refused"
    await call.uses("verify_account", **MARIA)
    assert (await call.uses(tool)).status == "refused"
    await call.uses("send_code")
    assert (await call.uses("check_code", code="000000")).level == "details"
    assert (await call.uses(tool)).status == "refused"


async def test_the_code_goes_to_the_phone_on_file_and_not_to_the_one_that_calls(tmp_path: Path) -> None:
    call = await verified(tmp_path, JAMES)
    await call.uses("send_code")
    assert [to for to, _ in call.post.sent] == ["+12125550123"]


async def test_the_balance_is_the_callers_own(tmp_path: Path) -> None:
    call = await by_code(tmp_path, MARIA)
    end = await call.uses("balance", account_number="418826")
    assert said(end) == "The balance of your account is 1284 dollars and 50 cents."


async def test_payments_are_the_newest_and_the_callers_own(tmp_path: Path) -> None:
    told = said(await (await by_code(tmp_path, MARIA)).uses("recent_payments"))
    assert told.startswith("Your latest payments: yesterday 42 dollars to Harbour Grocery;")
    assert "Corner Books" not in told


async def test_the_balance_is_told_in_spanish(tmp_path: Path) -> None:
    call = await by_code(tmp_path, JAMES, "es-US")
    assert said(await call.uses("balance")) == "El saldo de su cuenta es de 961 dólares."


async def test_a_card_is_blocked_once_whoever_asks_again(tmp_path: Path) -> None:
    first = await (await verified(tmp_path, JAMES)).agrees("block_card", card_last_four="3307")
    again = await (await verified(tmp_path, JAMES, "CA2")).agrees("block_card", card_last_four="3 3 0 7")
    assert said(first) == said(again)
    assert rows(tmp_path / "bank.db", "SELECT card_id, call_sid FROM blocks") == [(2, "CA1")]


async def test_four_calls_at_once_block_a_card_once(tmp_path: Path) -> None:
    calls = [await verified(tmp_path, JAMES, f"CA{number}") for number in range(4)]
    ends = await asyncio.gather(*(call.agrees("block_card", card_last_four="3307") for call in calls))
    assert {end.status for end in ends} == {"ok"}
    assert rows(tmp_path / "bank.db", "SELECT count(*) FROM blocks") == [(1,)]


async def test_anothers_card_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    call = await verified(tmp_path, JAMES)
    ends = [await call.agrees("block_card", card_last_four=digits) for digits in ("8812", "0000")]
    assert said(ends[0]) == said(ends[1])
    assert rows(tmp_path / "bank.db", "SELECT * FROM blocks") == []


async def test_the_read_back_of_a_block_says_no_number(tmp_path: Path) -> None:
    call = await verified(tmp_path, JAMES)
    asked = await call.uses("block_card", "Block it.", card_last_four="3307")
    assert asked.status == "confirm"
    assert not re.search(r"\d", said(asked))


async def test_branch_hours_are_for_anyone(tmp_path: Path) -> None:
    assert "Monday to Friday" in said(await Call(tmp_path, "anonymous").uses("branch_hours"))
