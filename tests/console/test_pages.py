"""People, reports, alerts and set-up: what their pages show and change."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from app.alerts.rules import Rule
from app.call.commands import RecordEnd
from app.console.pages import entrance
from app.console.pages.reports import _chart
from app.console.pages.reports_compared import signed, told
from app.console.pages.reports_split import split
from app.console.words import Words
from app.doctor import Finding
from app.meaning.call import CallFigures
from app.store import accounts, alerts, audit
from app.store.alerts import Alert
from app.store.database import Database
from app.store.writer import RecordWriter
from tests.console.site import OURS, PASSWORD, Site, site

NOW = datetime.now(UTC)


@pytest_asyncio.fixture
async def fresh(tmp_path: Path) -> AsyncIterator[Site]:
    """A console with Ana, an admin, signed in."""
    entrance._guesses.storage.reset()
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'frontline.db'}")
    async with site(database, tmp_path, rules=(Rule("slow_answers", "turn_gap", 3_000, 2_400),)) as made:
        await made.sign_in()
        yield made
    await database.close()


# ---- people


async def test_an_invitation_is_shown_once_and_makes_the_account(fresh: Site) -> None:
    page = (await fresh.send("/console/people/invite", role="qa")).text
    path = "/console/join/" + page.partition("/console/join/")[2].partition("<")[0]
    assert path not in (await fresh.open("/console/people")).text
    async with fresh.another() as other:
        form = {"name": "Bo", "password": PASSWORD, "again": PASSWORD}
        assert (await other.post(path, data=form, headers=OURS)).status_code == 303
    bo = await accounts.named(fresh.database, "Bo")
    assert bo is not None and bo.role == "qa"
    done = [entry.action for entry in await audit.listed(fresh.database, audit.Wish(), most=10)]
    assert done[:3] == ["sign_in.begun", "account.made", "account.invited"]


async def test_a_role_is_changed_and_an_account_closed_at_once(fresh: Site) -> None:
    bo = await fresh.account("Bo", "viewer")
    async with fresh.another() as other:
        await other.post("/console/sign-in", data={"name": "Bo", "password": PASSWORD}, headers=OURS)
        assert (await other.get("/console/audit")).status_code == 403
        await fresh.send(f"/console/people/{bo.id}/role", role="ops")
        assert (await other.get("/console/audit")).status_code == 200
        await fresh.send(f"/console/people/{bo.id}/closed")
        assert (await other.get("/console/audit")).status_code == 303


async def test_the_page_has_everybody(fresh: Site) -> None:
    await fresh.account("Bo", "viewer")
    page = (await fresh.open("/console/people")).text
    assert "Bo" in page and "Role of Bo" in page


async def test_the_last_admin_stays(fresh: Site) -> None:
    [ana] = await accounts.all_accounts(fresh.database)
    assert (await fresh.send(f"/console/people/{ana.id}/closed")).status_code == 409
    assert (await fresh.send(f"/console/people/{ana.id}/role", role="viewer")).status_code == 409
    assert (await fresh.open("/console/people")).status_code == 200


@pytest.mark.parametrize("id", ["nobody", str(uuid4())])
async def test_nobody_is_not_changed(fresh: Site, id: str) -> None:
    assert (await fresh.send(f"/console/people/{id}/role", role="ops")).status_code == 404


# ---- alerts


async def test_an_alert_is_shown_with_its_calls_and_seen_to(fresh: Site) -> None:
    alert = Alert(uuid4(), "slow_answers", "critical", "open", "Answers are <b>slow</b>", 4_000, ("CA1",), NOW, NOW)
    async with fresh.database.engine.begin() as connection:
        await alerts.open_alert(connection, alert)
    page = (await fresh.open("/console/reports/alerts")).text
    assert "/console/calls/CA1" in page and "&lt;b&gt;slow" in page
    await fresh.send(f"/console/reports/alerts/{alert.id}/seen")
    [kept] = await alerts.listed(fresh.database)
    assert kept.acked_by == "Ana"


async def test_a_rule_is_muted_and_told_of_again(fresh: Site) -> None:
    path = "/console/reports/alerts/rules/slow_answers/mute"
    await fresh.send(path, hours="4")
    assert "slow_answers" in await alerts.muted(fresh.database, NOW)
    await fresh.send(path, hours="0")
    assert await alerts.muted(fresh.database, NOW) == {}
    for wrong in ("999", "-1", "x"):
        assert (await fresh.send(path, hours=wrong)).status_code == 404


# ---- reports


async def test_reports_say_the_next_step_where_there_are_no_calls(fresh: Site) -> None:
    assert "make call" in (await fresh.open("/console/reports?since=forever")).text


async def test_reports_show_the_figures_of_calls_and_compare_two_versions(fresh: Site) -> None:
    writer = RecordWriter(fresh.database)
    for number in range(26):
        version = "v1" if number < 3 else "v2"
        records = writer.records_for(
            f"CA{number}", "main", "en-US", "+1202", "+1212", datetime.now(UTC), version=version
        )
        records.end(RecordEnd("completed", "caller", 30.0))
    async with asyncio.TaskGroup() as group:
        writing = group.create_task(writer.run())
        assert await writer.drain(10.0)
        writing.cancel()
    page = (await fresh.open("/console/reports?since=7d&version=v1&against=v2")).text
    assert "data-chart" in page and "v1 compared with v2" in page
    assert "Too few calls" in page and "At least 17 more calls of each are needed" in page
    assert "main · v2 · 23 calls" in page
    assert "Choose two different versions" in (await fresh.open("/console/reports?since=7d&version=v2&against=v2")).text
    assert "Ended without a person" in (await fresh.open("/console/reports?since=7d&by=language")).text
    assert (
        "<script>alert" not in (await fresh.open("/console/reports?version=<script>alert(1)</script>&against=v1")).text
    )


async def test_reports_come_without_figures_that_have_to_be_made_first(
    fresh: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.console.pages.reports.AT_ONCE", -1)
    page = (await fresh.open("/console/reports?since=7d&line=main")).text
    assert 'hx-get="/console/reports?since=7d&amp;line=main"' in page and "Making the figures" in page
    part = (await fresh.open("/console/reports?since=7d&line=main", **{"HX-Request": "true"})).text
    assert "No calls in this time" in part and "<html" not in part


def test_a_difference_is_told_with_its_bounds_and_in_words() -> None:
    ended = [("completed", 40), ("handed_off", 60)]
    ones = [CallFigures(f"CA{n}", "shop", "+1", NOW, 30.0, end) for end, many in ended for n in range(many)]
    others = [CallFigures(f"CB{n}", "shop", "+1", NOW, 30.0, "completed") for n in range(100)]
    rows = {(row.name, row.percentile): row for _, found in told(Words("en"), ones, others).groups for row in found}
    transfer = rows["Transfer", ""]
    assert (transfer.one.value, transfer.other.value, transfer.verdict) == ("60%", "0%", "Higher")
    assert (transfer.differs, transfer.between) == ("+60 points", "+49.5 points to +69.1 points")
    same = rows["Duration", "median"]
    assert (same.differs, same.verdict, same.tone, same.told) == ("0.0 s", "No difference seen", "quiet", "")
    assert signed(Words("es"), -0.0421, "") == "−4,2 puntos"


def test_a_chart_of_one_call_shows_the_whole_time() -> None:
    calls = [CallFigures("CA1", "shop", "+1", NOW - timedelta(hours=3))]
    chart = _chart(Words("en"), calls, timedelta(hours=1), NOW - timedelta(hours=24))
    assert chart is not None
    drawn = chart["calls"]
    assert isinstance(drawn, dict)
    assert len(drawn["x"]) in (25, 26)
    assert sum(drawn["series"][0]["values"]) == 1


def test_calls_are_parted_by_language_and_hour() -> None:
    at = datetime(2026, 11, 30, 9, 30, tzinfo=UTC)
    calls = [
        CallFigures("CA1", "shop", "+1", at, 30.0, "completed", cost_usd=0.1, language="en-US"),
        CallFigures("CA2", "shop", "+1", at, 30.0, "handed_off", language="es"),
        CallFigures("CA3", "shop", "+1", at + timedelta(hours=2), 30.0, "completed", cost_usd=0.3, language="es"),
    ]
    english, spanish = split(Words("en"), calls, "language")
    assert (english.name, english.calls, spanish.name, spanish.calls) == ("en-US", 1, "es", 2)
    assert (spanish.contained, spanish.cost_usd) == ("50%", 0.3)
    assert spanish.between == "9%–91%"
    assert [part.name for part in split(Words("en"), calls, "hour")] == ["09:00", "11:00"]
    assert split(Words("en"), calls, "<script>") == []


# ---- set-up


async def test_what_the_doctor_sees_is_a_page(fresh: Site) -> None:
    fresh.found.append(Finding("disk", False, "<i>full</i>", "make room"))
    page = (await fresh.open("/console/start/findings")).text
    assert "make room" in page and "&lt;i&gt;full" in page
    assert "make call" in (await fresh.open("/console/start")).text
