"""Connected devices: found, checked, recalled, booked for a service."""

import asyncio
from datetime import date, timedelta
from pathlib import Path

import pytest

from app.toolkit.loader import load_tools
from tests.tools.phoning import TOOLS, Call, rows, said, shown


async def test_a_device_is_found_by_its_number_or_by_the_phone(tmp_path: Path) -> None:
    by_number = await Call(tmp_path).uses("find_device", serial="3 1 8 8 2 7")
    by_phone = await Call(tmp_path, "+12125550123").uses("find_device")
    assert shown(by_number) == shown(by_phone) == {"serial": "318827", "model": "Pulse watch"}
    assert "ending in 8 2 7" in said(by_number)


@pytest.mark.parametrize(
    ("number", "serial"), [("anonymous", None), ("+12125550100", None), ("+12125550123", "999999")]
)
async def test_a_device_nobody_knows_is_not_there(tmp_path: Path, number: str, serial: str | None) -> None:
    args = {} if serial is None else {"serial": serial}
    assert (await Call(tmp_path, number).uses("find_device", **args)).response["status"] == "not_found"


async def test_a_check_tells_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {}
    for serial in ("204418", "318827", "640925"):
        call = Call(tmp_path)
        monkeypatch.setitem(call.globals_of("run_check"), "_CHECK_S", 0.0)
        told[serial] = await call.uses("run_check", serial=serial)
    assert [shown(end)["fault"] for end in told.values()] == ["brake", "sensor", "none"]
    assert said(told["640925"]) == "The check is done: everything is fine, and the battery is at 97 percent."


def test_a_check_that_takes_long_has_sentences_for_the_wait() -> None:
    options = load_tools(TOOLS)[0]["run_check"].options
    assert options.waiting is not None
    assert {language: len(sentences) for language, sentences in options.waiting.items()} == {"en": 2, "es": 2}
    assert options.timeout_s > 2 * 3


@pytest.mark.parametrize(("serial", "recalled"), [("550316", True), ("204418", False)])
async def test_a_recall_is_told(tmp_path: Path, serial: str, recalled: bool) -> None:
    assert shown(await Call(tmp_path).uses("recall_state", serial=serial)) == {"recalled": recalled}


@pytest.mark.parametrize("weekday", ["monday", "tuesday", "wednesday", "thursday", "friday"])
async def test_a_service_is_booked_on_the_next_such_day(tmp_path: Path, weekday: str) -> None:
    end = await Call(tmp_path).agrees("book_service", serial="318827", day=weekday)
    day = date.fromisoformat(str(shown(end)["day"]))
    assert f"{day:%A}".lower() == weekday
    assert date.today() < day <= date.today() + timedelta(days=7)


async def test_the_same_service_twice_is_one_and_another_is_refused(tmp_path: Path) -> None:
    wish = {"serial": "318827", "day": "thursday"}
    ends = [await Call(tmp_path).agrees("book_service", **wish) for _ in range(2)]
    assert ends[0].response == ends[1].response
    other = await Call(tmp_path, call_sid="CA2").agrees("book_service", **wish)
    assert (other.status, "already" in said(other)) == ("error", True)
    assert rows(tmp_path / "devices.db", "SELECT serial, call_sid FROM services") == [("318827", "CA1")]


async def test_many_at_once_book_one_service(tmp_path: Path) -> None:
    calls = [Call(tmp_path, call_sid=f"CA{number}") for number in range(4)]
    ends = await asyncio.gather(*(call.agrees("book_service", serial="318827", day="friday") for call in calls))
    assert sorted(end.status for end in ends) == ["error", "error", "error", "ok"]


@pytest.mark.parametrize("tool", ["run_check", "recall_state"])
async def test_what_is_asked_of_no_device_has_one_answer(tmp_path: Path, tool: str) -> None:
    end = await Call(tmp_path).uses(tool, serial="000000")
    assert said(end).startswith("I can't find that device.")
