"""A one-time code goes to the phone on file, is good once and for five minutes, and is seen nowhere else."""

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import structlog

from app.call.tool_end import ToolEnd
from app.toolkit import Caller
from app.toolkit.loader import load_tools
from app.toolkit.runner import ToolRunner
from app.toolkit.schema import LoadedTool
from tests.toolkit.using import Texted, use

TOOLS = '''
"""A bank."""

from app.toolkit import Caller, answer, identified, tool

PHONES = {"7": "+12125550147", "8": "+12125550123", "9": None, "10": "+33142278186", "11": "nonsense"}


@tool(identifies="details")
async def verify(name: str) -> object:
    """Find out who.

    Args:
        name: The name.
    """
    return identified(name, "Thank you.", phone=PHONES[name])


@tool(level="code")
async def balance(caller: Caller) -> dict[str, object]:
    """Say the balance."""
    return answer(caller.customer)
'''


class Clock:
    """Time that a test lets pass."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Bank:
    """One call to a bank."""

    def __init__(self, tools: Mapping[str, LoadedTool], texted: Texted) -> None:
        self.clock, self.texted = Clock(), texted
        caller = Caller(number="+13125550181", call_sid="CA1", language="en-US")
        self.runner = ToolRunner(tools, caller, texts=texted, clock=self.clock)

    async def use(self, tool: str, /, **args: object) -> ToolEnd:
        return await self.runner.run(use(tool, args))

    @property
    def code(self) -> str:
        return str(re.findall(r"\d{6}", self.texted.sent[-1][1])[0])

    @property
    def wrong(self) -> str:
        return f"{(int(self.code) + 1) % 10**6:06}"


@pytest.fixture
def tools(tmp_path: Path) -> Mapping[str, LoadedTool]:
    (tmp_path / "bank.py").write_text(TOOLS, encoding="utf-8")
    found, errors = load_tools(tmp_path)
    assert errors == []
    return found


@pytest.fixture
def bank(tools: Mapping[str, LoadedTool]) -> Bank:
    return Bank(tools, Texted())


async def test_the_code_that_was_texted_reaches_the_highest_level(bank: Bank) -> None:
    await bank.use("verify", name="7")
    assert (await bank.use("balance")).status == "refused"
    sent = await bank.use("send_code")
    assert (sent.status, sent.effect) == ("ok", True)
    ((to, body),) = bank.texted.sent
    assert to == "+12125550147"  # on file; the caller's own is another
    assert "It is good for 5 minutes" in body
    checked = await bank.use("check_code", code=" ".join(bank.code))
    assert (checked.status, checked.level, checked.response["message"]) == (
        "ok",
        "code",
        "Thank you, the code is right.",
    )
    assert (await bank.use("balance")).response["message"] == "7"


async def test_a_code_is_not_sent_before_the_details(bank: Bank) -> None:
    end = await bank.use("send_code")
    assert (end.status, bank.texted.sent) == ("refused", [])
    assert (await bank.use("check_code", code="123456")).status == "refused"


@pytest.mark.parametrize("args", [{"phone": "+19005550199"}, {"to": "+19005550199"}, {"caller": {"number": "+1900"}}])
async def test_the_model_cannot_say_where_the_code_goes(bank: Bank, args: dict[str, object]) -> None:
    await bank.use("verify", name="7")
    await bank.use("send_code", **args)
    assert [to for to, _ in bank.texted.sent] == ["+12125550147"]


@pytest.mark.parametrize("name", ["9", "10", "11"])
async def test_without_a_phone_that_takes_texts_there_is_no_code(bank: Bank, name: str) -> None:
    await bank.use("verify", name=name)
    end = await bank.use("send_code")
    assert (end.status, end.effect, bank.texted.sent) == ("error", False, [])
    assert end.response["message"] == "I can't send a code just now. A colleague can help you."


async def test_a_code_is_good_for_five_minutes(bank: Bank) -> None:
    await bank.use("verify", name="7")
    await bank.use("send_code")
    bank.clock.now += 300.1
    end = await bank.use("check_code", code=bank.code)
    assert (end.status, end.level) == ("error", "details")
    await bank.use("send_code")
    bank.clock.now += 299.9
    assert (await bank.use("check_code", code=bank.code)).level == "code"


async def test_a_code_is_good_once(tools: Mapping[str, LoadedTool]) -> None:
    bank = Bank(tools, Texted())
    await bank.use("verify", name="7")
    await bank.use("send_code")
    await bank.use("check_code", code=bank.code)
    assert (await bank.use("check_code", code=bank.code)).status == "error"


async def test_a_new_code_takes_the_place_of_the_one_before(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = iter([111111, 222222])
    monkeypatch.setattr("app.toolkit.codes.secrets.randbelow", lambda below: next(codes))
    await bank.use("verify", name="7")
    await bank.use("send_code")
    await bank.use("send_code")
    assert (await bank.use("check_code", code="111111")).level == "details"
    assert (await bank.use("check_code", code="222222")).level == "code"


async def test_two_codes_a_call_are_sent(bank: Bank) -> None:
    await bank.use("verify", name="7")
    ends = [await bank.use("send_code") for _ in range(3)]
    assert [(end.status, end.effect) for end in ends] == [("ok", True), ("ok", True), ("error", False)]
    await bank.use("verify", name="8")  # nor for someone else
    assert (await bank.use("send_code")).status == "error"
    assert len(bank.texted.sent) == 2


async def test_two_sends_at_once_are_one_text(bank: Bank) -> None:
    await bank.use("verify", name="7")
    ends = await asyncio.gather(bank.use("send_code"), bank.use("send_code"))
    assert ([end.status for end in ends], len(bank.texted.sent)) == (["ok", "ok"], 1)


async def test_three_wrong_codes_lock(bank: Bank) -> None:
    await bank.use("verify", name="7")
    await bank.use("send_code")
    ends = [await bank.use("check_code", code=bank.wrong) for _ in range(3)]
    assert [(end.status, end.flags) for end in ends] == [("ok", ()), ("ok", ()), ("refused", ("identity_locked",))]
    assert {end.level for end in ends} == {"details"}
    right = await bank.use("check_code", code=bank.code)
    assert (right.status, right.level) == ("refused", "details")
    assert (await bank.use("verify", name="8")).status == "refused"


async def test_a_new_code_gives_no_new_tries(bank: Bank) -> None:
    await bank.use("verify", name="7")
    await bank.use("send_code")
    ends = [await bank.use("check_code", code=bank.wrong) for _ in range(2)]
    await bank.use("send_code")
    ends.append(await bank.use("check_code", code=bank.wrong))
    assert [end.status for end in ends] == ["ok", "ok", "refused"]


async def test_many_guesses_at_once_are_three(bank: Bank) -> None:
    await bank.use("verify", name="7")
    await bank.use("send_code")
    guesses = [bank.wrong] * 3 + [bank.code]
    ends = await asyncio.gather(*(bank.use("check_code", code=guess) for guess in guesses))
    assert {end.level for end in ends} == {"details"}
    assert [end.status for end in ends] == ["ok", "ok", "refused", "refused"]


async def test_the_code_of_one_customer_proves_nothing_of_another(bank: Bank) -> None:
    await bank.use("verify", name="7")
    await bank.use("send_code")
    await bank.use("verify", name="8")
    end = await bank.use("check_code", code=bank.code)
    assert (end.status, end.level) == ("error", "details")


@pytest.mark.parametrize("said", ["", "no", "12345", "1234567", "000000 or 999999"])
async def test_what_is_not_the_code_is_wrong(bank: Bank, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.toolkit.codes.secrets.randbelow", lambda below: 123456)
    await bank.use("verify", name="7")
    await bank.use("send_code")
    end = await bank.use("check_code", code=said)
    assert (end.response["status"], end.level) == ("not_identified", "details")


async def test_a_code_that_does_not_go_is_no_code(tools: Mapping[str, LoadedTool]) -> None:
    bank = Bank(tools, Texted(broken=True))
    await bank.use("verify", name="7")
    end = await bank.use("send_code")
    assert (end.status, end.effect) == ("error", False)
    assert (await bank.use("check_code", code="")).status == "error"


async def test_the_code_is_seen_by_nobody_but_the_phone(
    tools: Mapping[str, LoadedTool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.toolkit.codes.secrets.randbelow", lambda below: 314159)
    with structlog.testing.capture_logs() as logs:
        bank, broken = Bank(tools, Texted()), Bank(tools, Texted(broken=True))
        ends = []
        for call in (bank, broken):
            ends.append(await call.use("verify", name="7"))
            ends.append(await call.use("send_code"))
            ends += [await call.use("check_code", code="271828"), await call.use("check_code", code="314159")]
    assert "314159" in bank.texted.sent[0][1]
    assert "314159" not in f"{ends}{logs}{vars(bank.runner)}"
