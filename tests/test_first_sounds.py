"""The sounds a call may begin with: those that are at hand, and those that are asked for."""

import asyncio
from dataclasses import replace
from pathlib import Path

from google import genai

from app.audio.pcm import Audio
from app.call.events import PhraseFound
from app.first_sounds import SHARED, phrase_key, phrase_sounds, prepare_greetings
from app.greetings import GreetingCache, GreetingFiles, GreetingKey
from app.house import House
from app.lines.published import Published
from app.prompts.line import Line
from app.store.database import Database
from app.store.journal import JournalFolder
from app.store.writer import RecordWriter

ONE_MOMENT = {"en-US": "One moment, please.", "es-US": "Un momento, por favor."}
LINE = Line(
    "store",
    "Northwind",
    ("*",),
    languages=("en-US", "es-US"),
    greetings={"en-US": "Hello, an AI speaks.", "es-US": "Hola, soy una IA."},
    phrases={tag: {"one_moment": sentence} for tag, sentence in ONE_MOMENT.items()},
    phrases_language={"en-US": "en", "es-US": "es"},
)
SOUND = Audio(b"\x01\x00" * 2_400, 24_000)


async def nobody(key: GreetingKey) -> Audio:
    raise AssertionError(f"{key} is not to be made here")


async def house(folder: Path, *made: GreetingKey) -> House:
    """A house that has the sound of these."""
    for key in made:
        GreetingFiles(folder).write(key, SOUND)
    greetings = GreetingCache(folder, nobody)
    reading = asyncio.create_task(greetings.run())
    for key in made:
        greetings.want(key)
    async with asyncio.timeout(5):
        await greetings.settled()
    reading.cancel()
    database = Database("sqlite+aiosqlite:///:memory:")
    client = genai.Client(api_key="k")
    return House(client, "developer", RecordWriter(database), JournalFolder(folder), greetings)


def wanted(house: House) -> set[str]:
    assert house.greetings is not None
    return {key.text for key in house.greetings._pending}


async def test_a_call_has_the_phrases_that_are_at_hand_in_every_language_of_its_line(tmp_path: Path) -> None:
    keys = [key for tag in LINE.languages if (key := phrase_key(LINE, tag, "one_moment")) is not None]
    found = phrase_sounds(await house(tmp_path, *keys), LINE)
    assert found == tuple(PhraseFound("one_moment", tag, SOUND) for tag in LINE.languages)


async def test_a_line_that_goes_live_asks_for_what_a_call_may_begin_with(tmp_path: Path) -> None:
    asks = await house(tmp_path / "a")
    prepare_greetings(asks, Published(LINE, {}, "v1", "p1"))
    assert wanted(asks) == {"Hello, an AI speaks.", "One moment, please."}
    menu = await house(tmp_path / "b")
    prepare_greetings(menu, Published(replace(LINE, language_policy="ask"), {}, "v1", "p1"))
    assert wanted(menu) >= set(ONE_MOMENT.values())


def test_lines_of_one_voice_share_a_phrases_sound() -> None:
    keys = {phrase_key(replace(LINE, name=name), "en-US", "one_moment") for name in ("store", "clinic")}
    assert keys == {GreetingKey(SHARED, "en-US", "Kore", LINE.model, "One moment, please.")}


def test_a_phrase_that_nobody_wrote_in_a_language_has_no_sound_in_it() -> None:
    lent = replace(LINE, phrases_language={"en-US": "en", "es-US": "en"})
    assert phrase_key(lent, "es-US", "one_moment") is None
    assert phrase_key(LINE, "en-US", "no_such_phrase") is None
