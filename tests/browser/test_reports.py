"""Reports in a browser: two versions of many calls compared, and their calls in parts."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from playwright.async_api import ViewportSize, expect
from sqlalchemy import insert

from app.store.database import Database
from app.store.entries import row_id
from app.store.tables import calls, turns
from tests.browser.eyes import Eyes
from tests.browser.house import RunningHouse

pytestmark = pytest.mark.asyncio(loop_scope="session")

OLD, NEW = "1" * 64, "2" * 64
EACH = 90  # calls of a version; more than a page makes figures of at once
SMALL: ViewportSize = {"width": 390, "height": 844}
CHOSEN = f"since=7d&line=store&version={NEW[:12]}&against={OLD[:12]}"


def call_of(number: int, version: str, at: datetime) -> dict[str, object]:
    fast = version == NEW
    about = {"line": "store", "language": ("en-US", "es")[number % 2], "caller": f"+1202555{number:04}"}
    ended = {"disposition": "handed_off" if number % 9 < (2 if fast else 3) else "completed", "ended_by": "caller"}
    figures = {"duration_s": 60.0 + number, "first_sound_ms": 300, "barge_ins": 0, "sessions": 1}
    told = {"tokens": {}, "problem": "", "cost_usd": 0.02 + number / 10_000, "version": version}
    sid = f"CA{version[0]}{number:031}"
    return {"call_sid": sid, "called": "+12025550199", "started_at": at, **about, **ended, **figures, **told}


def answer_of(sid: str, number: int, gap_ms: int) -> dict[str, object]:
    told = {"side": "assistant", "heard": "It is on its way.", "unheard": "", "interrupted": False, "gap_ms": gap_ms}
    times = {"started_s": 5.0 * number, "ended_s": 5.0 * number + 3.0, "language": "en"}
    return {"id": row_id(sid, number, str(number)), "call_sid": sid, "number": number, **told, **times}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def two_versions(house: RunningHouse) -> AsyncIterator[None]:
    """Calls of a version whose answers came after about 1.4 s, and of one where they come after 0.9."""
    database, now = Database(f"sqlite+aiosqlite:///{house.data / 'frontline.db'}"), datetime.now(UTC)
    rows = [
        call_of(number, version, now - timedelta(hours=2, minutes=number))
        for version in (OLD, NEW)
        for number in range(EACH)
    ]
    answers = [
        answer_of(str(row["call_sid"]), turn, (900 if row["version"] == NEW else 1_400) + 7 * (place % EACH) % 400)
        for place, row in enumerate(rows)
        for turn in range(1, 4)
    ]
    async with database.engine.begin() as connection:
        await connection.execute(insert(calls), rows)
        await connection.execute(insert(turns), answers)
    yield
    await database.close()


@pytest.mark.usefixtures("two_versions")
async def test_two_versions_are_compared_with_bounds_and_in_words(eyes: Eyes) -> None:
    page = eyes.page
    await page.goto("/console/reports?since=7d&line=store")
    await page.locator("select[name=version]").select_option(NEW[:12])
    await page.locator("select[name=against]").select_option(OLD[:12])
    await page.get_by_role("button", name="Search").click()
    wait = page.locator("tr", has_text="Turn gap · median").first
    await expect(wait).to_contain_text("Better", timeout=20_000)
    await expect(wait).to_contain_text("−500 ms")
    await expect(page.locator("tr", has_text="Transfer").first).to_contain_text("Cannot be told apart yet")
    await expect(page.locator("tr", has_text="Interrupted").first).to_contain_text("No difference seen")
    await eyes.look_here("reports-compared")


@pytest.mark.usefixtures("two_versions")
async def test_a_comparison_stands_beside_its_calls_in_parts(eyes: Eyes) -> None:
    await eyes.page.goto(f"/console/reports?{CHOSEN}&by=language")
    told = eyes.page.get_by_text("Cannot be told apart yet").locator("visible=true")
    await expect(told.first).to_be_visible(timeout=20_000)
    await expect(eyes.page.get_by_text("en-US", exact=True).first).to_be_visible()
    await eyes.look_here("reports-compared-in-parts")


@pytest.mark.usefixtures("two_versions")
async def test_on_a_phone_what_is_said_of_a_figure_is_seen_at_once(eyes: Eyes) -> None:
    await eyes.page.set_viewport_size(SMALL)
    await eyes.page.goto(f"/console/reports?{CHOSEN}")
    verdict = eyes.page.locator("tr", has_text="Turn gap · median").first.get_by_text("Better").locator("visible=true")
    await expect(verdict).to_have_count(1, timeout=20_000)
    box = await verdict.bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= SMALL["width"]
