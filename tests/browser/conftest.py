"""A browser on the real app. Without one its tests are skipped and say so; BROWSER_TESTS=required has them fail."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, async_playwright

from app.console.assets import STATIC
from tests.browser.eyes import Eyes
from tests.browser.house import ROOT, RunningHouse, first_account, house_in

CHROMIUM: Final = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
KEEP: Final = os.environ.get("BROWSER_KEEP")
KEPT: Final = Path(KEEP) if KEEP else None  # a folder for the pictures of the pages
PUBLIC: Final = "https://127.0.0.1:9"  # where nothing answers, so that nobody else is asked
# Without these, Chromium asks for Google's hosts at every start.
FLAGS: Final = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--use-fake-ui-for-media-stream"),
    "--use-fake-device-for-media-stream",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    missing = _missing()
    for item in items:
        if here in item.path.parents and missing and os.environ.get("BROWSER_TESTS") != "required":
            item.add_marker(pytest.mark.skip(reason=f"no browser tests: {missing}"))


def _missing() -> str:
    if not CHROMIUM.is_file():
        return f"{CHROMIUM} is not here (apt install chromium)"
    return "" if (STATIC / "manifest.json").is_file() else "the console is not built (make web)"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    assert not _missing(), _missing()
    async with async_playwright() as playwright:
        made = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield made
        await made.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningHouse]:
    """One app for all browser tests, on a copy of the tools: they are edited."""
    data = tmp_path_factory.mktemp("browser")
    tools = shutil.copytree(ROOT / "tools", data / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    async with house_in(data, {"FRONTLINE_TOOLS": str(tools), "PUBLIC_URL": PUBLIC}) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def admin(browser: Browser, house: RunningHouse) -> dict[str, object]:
    """The cookies of the first account, made in the browser by the link that `serve` prints."""
    context = await browser.new_context()
    page = await context.new_page()
    await first_account(page, house)
    state = await context.storage_state()
    await context.close()
    return dict(state)


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser, admin: dict[str, object], house: RunningHouse) -> AsyncIterator[BrowserContext]:
    """A browser of its own for each test, signed in."""
    made = await browser.new_context(base_url=house.url, storage_state=admin, reduced_motion="reduce")  # type: ignore[arg-type]
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="session")
async def eyes(context: BrowserContext) -> AsyncIterator[Eyes]:
    """A page, and whoever looks at it: what it complains of fails the test."""
    looking = Eyes(await context.new_page(), KEPT)
    yield looking
    assert looking.complaints == []
