"""A call is put on hold, released and deleted on its page, by who may, with a reason and the audit."""

from pathlib import Path

import pytest

from app.console.pages import entrance
from app.store import annotations, audit
from app.store.calls import call
from app.store.database import Database
from app.store.deletions import latest
from tests.console.site import Site, site
from tests.console.test_calls import RECORDS, START, written

CALL = f"/console/calls/{START.call_sid}"


@pytest.fixture(autouse=True)
def first_try() -> None:
    entrance._guesses.storage.reset()


async def done(here: Site) -> list[tuple[str, object]]:
    wish = audit.Wish(object=START.call_sid)
    return [(one.action, one.detail.get("reason")) for one in await audit.listed(here.database, wish, most=9)]


async def test_a_call_goes_with_all_of_it_when_it_is_deleted_for_a_reason(database: Database, tmp_path: Path) -> None:
    await written(database, *RECORDS)
    async with site(database, tmp_path) as here:
        await here.sign_in()
        await annotations.note(database, START.call_sid, "Ana", "Called back.")
        journals = tmp_path / "journals"
        journals.mkdir()
        (journals / f"{START.call_sid}.jsonl").write_text("{}\n", encoding="utf-8")
        assert "told_no_reason" in (await here.send(f"{CALL}/erase", reason=" ")).headers["location"]
        assert await call(database, START.call_sid) is not None

        answer = await here.send(f"{CALL}/erase", reason="asked for by letter")
        assert answer.headers["location"] == "/console/calls?told=call.told_erased"
        assert (await here.open(CALL)).status_code == 404
        assert (await annotations.of_call(database, START.call_sid)).notes == []
        assert not any(journals.iterdir())
        assert await done(here) == [("call.erased", None), ("call.erasing", "asked for by letter")]
        assert {one.kind for one in await latest(database)} >= {"calls", "turns", "notes"}


async def test_what_is_on_hold_stays_until_it_is_released(database: Database, tmp_path: Path) -> None:
    await written(database, *RECORDS)
    async with site(database, tmp_path) as here:
        await here.sign_in()
        await here.send(f"{CALL}/hold", reason="case <b>12</b>")
        page = (await here.open(CALL)).text
        assert "case &lt;b&gt;12" in page and "/erase" not in page
        assert "told_not_erased" in (await here.send(f"{CALL}/erase", reason="tidy")).headers["location"]
        assert await call(database, START.call_sid) is not None
        await here.send(f"{CALL}/release", reason="case closed")
        assert "/erase" in (await here.open(CALL)).text
        assert [action for action, _ in await done(here)] == ["call.released", "call.erasing", "call.kept"]


async def test_a_call_that_goes_on_is_not_deleted(database: Database, tmp_path: Path) -> None:
    await written(database, *RECORDS[:-1])
    async with site(database, tmp_path) as here:
        await here.sign_in()
        assert "told_not_erased" in (await here.send(f"{CALL}/erase", reason="tidy")).headers["location"]
        assert await call(database, START.call_sid) is not None


@pytest.mark.parametrize("role", ["manager", "ops"])
async def test_who_may_not_delete_sees_a_hold_and_no_more(database: Database, tmp_path: Path, role: str) -> None:
    await written(database, *RECORDS)
    async with site(database, tmp_path) as here:
        await here.sign_in("Mia", role)
        assert "/erase" not in (await here.open(CALL)).text
        for what in ("hold", "release", "erase"):
            assert (await here.send(f"{CALL}/{what}", reason="x")).status_code == 403
