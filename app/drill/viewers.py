"""Ten people look at the console while calls are led: no caller notices, and words are shown within a second."""

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import httpx2

from app.drill.crowd import ENVIRONMENT, OPTIONS, crowd, said
from app.drill.house import House
from app.drill.scene import Scene
from app.drill.told import Told
from app.drill.verdict import Check, at_most, broken, equal, no_worse, percentile, records

CALLS: Final = 25
QUESTIONS: Final = 6
WATCHING, TURNING = 6, 4  # people at Now, and people who turn pages
EVERY_S: Final = 2.0
SHOWN_MS: Final = 1_000
SAME_QUESTION_S: Final = 1.5  # between what is heard of one sentence
PASSWORD: Final = "four words of theirs"
PAGES: Final = ("/console/calls", "/console/reports", "/console/calls?words=trail", "/console/now")
_JOIN = re.compile(r"/console/join/\S+")
_NUMBER = re.compile(r"\b1\d{3}\b")


@dataclass(slots=True)
class Watched:
    """When each viewer first saw a number that was said, by this machine's clock; how long pages took, in ms."""

    seen: list[dict[str, float]] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)


async def viewers(scene: Scene) -> list[Check]:
    """Calls that nobody looks at, then as many with ten people at the console."""
    async with scene.own_house(options=OPTIONS, environment=ENVIRONMENT) as house:
        plain = await crowd(scene, house, CALLS, QUESTIONS)
        watched = Watched()
        async with _signed_in(house) as person, asyncio.TaskGroup() as group:
            looking = [group.create_task(_watch(person, watched)) for _ in range(WATCHING)]
            looking += [group.create_task(_turn(person, watched)) for _ in range(TURNING)]
            told = await crowd(scene, house, CALLS, QUESTIONS)
            for one in looking:
                one.cancel()
    lags = lags_ms(told, watched.seen)
    words = sum(len(said(one)) for one in told) * WATCHING
    return [
        equal("calls lost", sum(one.disposition != "completed" for one in told), 0),
        at_most(f"words shown after, p95 of {len(lags)} of {words}", _p95(lags), SHOWN_MS),
        Check(f"{len(watched.pages)} pages took", f"{_p95(watched.pages) or 0:.0f} ms, p95", bool(watched.pages)),
        *(no_worse(share, plain, told) for share in (0.5, 0.95)),
        Check("sound broke, of a hundred answers", f"{broken(told):.0f} (before: {broken(plain):.0f})", True),
        *records(told),
    ]


def lags_ms(told: Sequence[Told], seen: Sequence[dict[str, float]]) -> list[float]:
    """From the moment the house knew a number that was said to the moment a viewer's page had it."""
    known = {number: at for one in told for number, at in _known(one).items()}
    return [(at - known[number]) * 1000 for one in seen for number, at in one.items() if number in known]


def _known(told: Told) -> dict[str, float]:
    """When the house knew each number its caller said: its journal has the moment, and hides what was said."""
    moments: list[float] = []
    for line in told.entries("Transcribed"):
        at = float(str(line["t"]))
        if line["side"] != "caller":
            continue
        if moments and at - moments[-1] < SAME_QUESTION_S:
            moments[-1] = at
        else:
            moments.append(at)
    return dict(zip(said(told), moments, strict=False))


def _p95(figures: Sequence[float]) -> float | None:
    return round(percentile(figures, 0.95)) if figures else None


@contextlib.asynccontextmanager
async def _signed_in(house: House) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody with the house's first account, as a browser that is signed in."""
    link = _JOIN.search(await asyncio.to_thread(lambda: house.log))
    assert link is not None, "the server has printed no link"
    base_url = house.server.base_url
    fields = {"name": "Viewer", "password": PASSWORD, "again": PASSWORD}
    async with httpx2.AsyncClient(base_url=base_url, trust_env=False, timeout=30.0) as browser:
        joined = await browser.post(link[0], data=fields, headers={"Sec-Fetch-Site": "same-origin", "Origin": base_url})
        assert joined.status_code == 303, joined.status_code
        yield browser


async def _watch(browser: httpx2.AsyncClient, watched: Watched) -> None:
    """Look at Now, until cancelled."""
    seen: dict[str, float] = {}
    watched.seen.append(seen)
    async with browser.stream("GET", "/console/now/rows", timeout=None) as rows:
        async for line in rows.aiter_lines():
            for number in _NUMBER.findall(line):
                seen.setdefault(number, time.monotonic())


async def _turn(browser: httpx2.AsyncClient, watched: Watched) -> None:
    """Turn pages, until cancelled."""
    while True:
        for address in PAGES:
            began = time.monotonic()
            (await browser.get(address)).raise_for_status()
            watched.pages.append((time.monotonic() - began) * 1000)
            await asyncio.sleep(EVERY_S)
