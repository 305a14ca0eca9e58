"""Lines: what their pages show, who may change what, and what becomes of it."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import pytest_asyncio

from app.audio.pcm import Audio
from app.call.commands import RecordEnd
from app.console.hours import week
from app.console.patience import rows
from app.console.words import Words
from app.greetings import GreetingKey
from app.house import House, Overrides
from app.lines import workshop
from app.prompts.hours import Hours
from app.prompts.line import Line
from app.store.writer import RecordWriter
from tests.console.lines_site import SHOP, XSS, drafted, lines_site, misspell, published, shop_of
from tests.console.site import Site

BY_HTMX = {"HX-Request": "true"}


@pytest_asyncio.fixture
async def fresh(tmp_path: Path) -> AsyncIterator[Site]:
    async with lines_site(tmp_path) as made:
        yield made


async def called(site: Site, version: str, *outcomes: str) -> None:
    """Calls that were answered by a version."""
    writer = RecordWriter(site.database)
    for number, outcome in enumerate(outcomes):
        records = writer.records_for(
            *(f"CA{number}", "shop", "en-US", "+1202", "+1212", datetime.now(UTC)), version=version
        )
        records.end(RecordEnd(outcome, "caller", 30.0))
    writing = asyncio.create_task(writer.run())
    assert await writer.drain(10.0)
    writing.cancel()
    with suppress(asyncio.CancelledError):
        await writing


# ---- the list, and one of them


async def test_a_line_is_listed_with_how_it_stands_and_its_week(fresh: Site) -> None:
    page = (await fresh.open("/console/lines")).text
    assert "never published" in page and "Acme" in page and "+12125550123" in page
    version = await published(fresh, "Be kind.")
    await workshop.begin_draft(shop_of(fresh), "shop", "live", "Cy")
    await called(fresh, version, "completed", "completed", "session_lost")
    page = (await fresh.open("/console/lines")).text
    assert version[:12] in page and "draft by Cy" in page
    assert "Completed: 2, Model lost: 1" in page
    assert "/console/calls?line=shop&amp;since=" in page


async def test_what_the_check_finds_comes_after_the_list(fresh: Site) -> None:
    assert "No mistakes" in (await fresh.open(f"{SHOP}/findings", **BY_HTMX)).text
    assert (await fresh.open(f"{SHOP}/findings")).headers["location"] == f"{SHOP}#findings"
    misspell(fresh)
    assert "1 mistake" in (await fresh.open(f"{SHOP}/findings", **BY_HTMX)).text


async def test_what_is_published_is_checked_and_not_what_is_in_the_files(fresh: Site) -> None:
    await published(fresh, "Be kind.")
    misspell(fresh)
    assert "No mistakes" in (await fresh.open(f"{SHOP}/findings", **BY_HTMX)).text


async def test_a_line_shows_what_callers_get_and_who_made_it_so(fresh: Site) -> None:
    version = await published(fresh, "Be kind.", f"For {XSS}")
    await called(fresh, version, "completed")
    page = (await fresh.open(SHOP)).text
    assert version[:12] in page and "Bo" in page and XSS not in page and "&lt;script&gt;" in page
    assert "09:00–18:00" in page and "America/New_York" in page
    assert f"version={version}" in page
    assert "I&#39;m an AI assistant" in page
    assert 'href="/console/tools/find_parcel"' in page and 'href="/console/tools/end_call"' not in page


async def test_a_line_with_mistakes_in_its_files_says_which(fresh: Site) -> None:
    misspell(fresh)
    page = (await fresh.open(SHOP)).text
    assert "There is no vad" in page and "prompts/shop/line.toml:8" in page
    (fresh.console.parts.settings.prompts / "shop" / "line.toml").write_bytes(b"\xff\xfe")
    assert "Cannot be read" in (await fresh.open("/console/lines")).text
    assert (await fresh.open(SHOP)).status_code == 409


async def test_a_line_that_is_not_there_is_told_of(fresh: Site) -> None:
    answer = await fresh.open("/console/lines/ship")
    assert answer.status_code == 404
    assert "Did you mean &#34;shop&#34;?" in answer.text


async def test_without_lines_the_next_step_is_told(fresh: Site) -> None:
    prompts = fresh.console.parts.settings.prompts
    (prompts / "shop").rename(prompts / "_shop")
    assert "No line yet" in (await fresh.open("/console/lines")).text


def test_a_week_is_drawn_and_told() -> None:
    days = week(Hours(week={0: ((9 * 60, 12 * 60), (13 * 60, 18 * 60))}), Words("en"))
    assert days[0].told == "09:00–12:00, 13:00–18:00"
    assert (days[0].bars[0].at, days[0].bars[0].width) == (37.5, 12.5)
    assert days[1].told == "" and days[1].bars == ()
    assert week(Hours(), Words("es"))[6].told == "00:00–24:00"


def test_patience_is_shown_by_the_pause_that_ends_the_callers_turn() -> None:
    found = {row.name: row for row in rows(Line("shop", "Acme", (), vad="telephone"))}
    assert [(name, row.answers_at) for name, row in found.items()] == [
        ("eager", 1),
        ("telephone", 2),
        ("patient", 3),
        ("digits", 3),
    ]
    assert found["telephone"].is_chosen and not found["eager"].is_chosen
    own = rows(Line("shop", "Acme", (), end_of_speech_ms=800, digits_ms=0))[-1]
    assert (own.name, own.waits_ms, own.is_chosen) == ("own", 800, True)


# ---- heard


class Sounds:
    """Greetings that the model has said, and those that were wanted."""

    def __init__(self) -> None:
        self.said: dict[str, Audio] = {}
        self.wanted: list[str] = []

    def sound(self, key: GreetingKey) -> Audio | None:
        return self.said.get(key.voice)

    def want(self, key: GreetingKey) -> None:
        self.wanted.append(key.voice)


@pytest.fixture
def sounds(fresh: Site) -> Sounds:
    """The house is up, and has these."""
    made = Sounds()
    house = cast(House, SimpleNamespace(greetings=made, overrides=Overrides()))
    fresh.console.parts = replace(fresh.console.parts, house=lambda: house)
    return made


async def test_a_greeting_is_heard_once_the_model_has_said_it(fresh: Site, sounds: Sounds) -> None:
    assert (await fresh.open(f"{SHOP}/greeting.wav")).status_code == 202
    assert sounds.wanted == ["Kore"]
    sounds.said["Puck"] = Audio(b"\0\0" * 240, 24_000)
    heard = await fresh.open(f"{SHOP}/greeting.wav?voice=Puck&language=es-US")
    assert heard.headers["content-type"] == "audio/wav" and heard.content[:4] == b"RIFF"


@pytest.mark.parametrize("query", ["voice=Nobody", "language=fr-FR", "state=draft", "state=zzzz"])
async def test_what_has_no_sound_is_not_heard(fresh: Site, sounds: Sounds, query: str) -> None:
    assert (await fresh.open(f"{SHOP}/greeting.wav?{query}")).status_code == 404
    assert sounds.wanted == []


async def test_while_the_house_is_not_up_nothing_is_heard(fresh: Site) -> None:
    assert (await fresh.open(f"{SHOP}/greeting.wav")).status_code == 404


# ---- in both languages


async def test_every_page_of_a_line_is_there_in_spanish(fresh: Site) -> None:
    version = await published(fresh, "Be kind.")
    await drafted(fresh, "Be {very} kind.")
    pages = ("", "/edit?beside=line.toml", "/review", f"/review?state={version}", "/history", "/compare?new=draft")
    for path in ("/console/lines", *(f"{SHOP}{page}" for page in pages)):
        answer = await fresh.open(path, **{"Accept-Language": "es"})
        assert answer.status_code == 200, path
        assert 'lang="es"' in answer.text, path
        assert re.findall(r">\s*(?:lines|lines_edit|lines_publish)\.[a-z_]+", answer.text) == [], path
