"""The real app as a process of its own, with a script for the assistant, and the first account's link."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.async_api import Page

ROOT: Final = Path(__file__).parents[2]
UP_WITHIN_S: Final = 90.0  # a machine that does much else is slow to start
PASSWORD: Final = "four words of mine"
CHEAP: Final = "--ears script --voice tones --script 'Where is my order 1047?|No thank you, goodbye.'"


@dataclass(frozen=True, slots=True)
class RunningHouse:
    """The app, up. ``link`` makes the first account."""

    url: str
    link: str
    data: Path
    process: asyncio.subprocess.Process


async def first_account(page: Page, house: RunningHouse) -> None:
    """Make it in the browser, by the link that `serve` prints."""
    await page.goto(house.link)
    await page.get_by_label("Name").fill("Ana")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label("The same password again").fill(PASSWORD)
    await page.get_by_role("button", name="Go on").click()
    await page.wait_for_selector("nav")


@contextlib.asynccontextmanager
async def house_in(data: Path, environ: Mapping[str, str] | None = None) -> AsyncIterator[RunningHouse]:
    """Start the app on a free port with the repository's own lines, and stop it at the end."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV") if name in os.environ}
    given = {
        "FRONTLINE_DATA": str(data),
        "PORT": "0",
        "FRONTLINE_REHEARSAL_OPTIONS": CHEAP,
        "OPENBLAS_NUM_THREADS": "1",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app", "serve"),
        cwd=ROOT,
        env={**kept, **given, **(environ or {})},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        link = await _link(process.stderr)
        async with asyncio.TaskGroup() as group:
            draining = group.create_task(_read_on(process.stderr))
            yield RunningHouse(link.partition("/console")[0], link, data, process)
            draining.cancel()
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), 20)
        if process.returncode is None:
            process.kill()


async def _link(told: asyncio.StreamReader) -> str:
    """What the app prints for whoever started it."""
    seen: list[str] = []
    async with asyncio.timeout(UP_WITHIN_S):
        while line := (await told.readline()).decode():
            seen.append(line)
            if found := re.search(r"http://\S+/console/join/\S+", line):
                return found[0]
    raise AssertionError("the app did not come up:\n" + "".join(seen[-20:]))


async def _read_on(told: asyncio.StreamReader) -> None:
    while await told.readline():
        pass
