"""The phone in a real browser: its microphone is fed from a file, and what its loudspeaker plays is recognised."""

import asyncio
import re
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright, expect

from app.rehearsal.report import transcribed
from app.rehearsal.speech import load_voice
from app.store.calls import latest
from app.store.database import Database
from app.store.recordings import RecordingBook
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.eyes import Eyes
from tests.browser.house import RunningHouse, first_account, house_in

pytestmark = pytest.mark.asyncio(loop_scope="module")

RATE = 24_000
QUESTION = "Where is my order 1047?"
PATIENCE_MS = 60_000


def spoken(to: Path, at_s: float, words: str) -> Path:
    """A microphone's minute with words in it."""
    sound = np.zeros(60 * RATE, np.int16)
    said = np.frombuffer(b"".join(load_voice().speak(words)), np.int16)
    start = round(at_s * RATE)
    sound[start : start + len(said)] = said
    with wave.open(str(to), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(sound.tobytes())
    return to


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talking(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningHouse]:
    """The app, whose assistant hears and speaks."""
    options = {"FRONTLINE_REHEARSAL_OPTIONS": ""}
    async with house_in(tmp_path_factory.mktemp("talking"), options) as house:
        yield house


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def signed_in(talking: RunningHouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cookies of the first account, in a file."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        context = await browser.new_context()
        page = await context.new_page()
        await first_account(page, talking)
        state = tmp_path_factory.mktemp("cookies") / "state.json"
        await context.storage_state(path=state)
        await browser.close()
        return state


@asynccontextmanager
async def phone(house: RunningHouse, state: Path, microphone: Path) -> AsyncIterator[Eyes]:
    """The phone's page in a browser whose microphone hears that file, once."""
    fed = f"--use-file-for-fake-audio-capture={microphone}%noloop"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*FLAGS, fed])
        context = await browser.new_context(base_url=house.url, storage_state=state, accept_downloads=True)
        eyes = Eyes(await context.new_page(), None)
        await eyes.page.goto("/console/phone")
        await eyes.page.get_by_label("Line").select_option("store")
        yield eyes
        assert eyes.complaints == []
        await browser.close()


async def stored(house: RunningHouse) -> None:
    """Wait until the sound of the last call is where its page finds it."""
    database = Database(f"sqlite+aiosqlite:///{house.data / 'frontline.db'}")
    try:
        (row,) = await latest(database, 1)
        for _ in range(PATIENCE_MS // 100):
            if await RecordingBook(database).of_call(row.start.call_sid):
                return
            await asyncio.sleep(0.1)
        raise AssertionError("the call's sound is not stored")
    finally:
        await database.close()


async def call(page: Page) -> None:
    await page.get_by_role("button", name="Call", exact=True).click()
    await expect(page.get_by_role("status")).to_contain_text("Connected", timeout=PATIENCE_MS)


async def test_a_call_by_microphone_is_heard_looked_up_and_answered(
    talking: RunningHouse, signed_in: Path, tmp_path: Path
) -> None:
    microphone = await asyncio.to_thread(spoken, tmp_path / "order.wav", 12.0, QUESTION)
    async with phone(talking, signed_in, microphone) as eyes:
        page = eyes.page
        await call(page)
        said = page.get_by_role("log")
        await expect(said).to_contain_text("look_up_order", timeout=PATIENCE_MS)
        await expect(said).to_contain_text(re.compile("order.*1047", re.IGNORECASE))
        # A turn is on record when its end was played.
        answer = page.locator(".phone-assistant:not(.phone-running)").filter(has_text="arrive")
        await expect(answer).not_to_have_count(0, timeout=PATIENCE_MS)
        await expect(said).to_contain_text("Noticed Heard that an AI speaks")
        await expect(said).to_contain_text(re.compile(r"look_up_order\s*Done · \d+ ms"))
        assert await eyes.violations() == []
        await page.get_by_role("button", name="Hang up").click()
        async with page.expect_download() as saved:
            await page.get_by_role("button", name="Save the sound").click()
        await (await saved.value).save_as(tmp_path / "call.wav")
        await stored(talking)
        await page.get_by_role("link", name="Open this call’s page").click()
        await expect(page.locator("path.wave")).to_have_count(2)
        await expect(page.locator("audio[data-sound]")).to_have_count(1)
        await expect(page.get_by_role("main")).to_contain_text(re.compile("order.*1047", re.IGNORECASE))
    heard = " ".join(one.text for one in await asyncio.to_thread(transcribed, tmp_path / "call.wav", "en"))
    assert re.search(r"\bAI\b", heard, re.IGNORECASE), heard
    assert re.search("shipped|arrive", heard, re.IGNORECASE), heard


async def test_speaking_into_the_greeting_silences_it(talking: RunningHouse, signed_in: Path, tmp_path: Path) -> None:
    microphone = await asyncio.to_thread(spoken, tmp_path / "barge.wav", 3.0, f"Hello, excuse me! {QUESTION}")
    async with phone(talking, signed_in, microphone) as eyes:
        await call(eyes.page)
        waits = eyes.page.get_by_role("region", name="How long it takes")
        await expect(waits).to_contain_text(re.compile(r"interrupted\s*\d+ ms"), timeout=PATIENCE_MS)
        await expect(eyes.page.locator(".phone-unheard")).not_to_have_count(0, timeout=PATIENCE_MS)
        await eyes.page.get_by_role("button", name="Hang up").click()


async def test_without_a_microphone_a_voice_says_what_is_typed_and_keys_are_pressed(
    talking: RunningHouse, signed_in: Path, tmp_path: Path
) -> None:
    microphone = await asyncio.to_thread(spoken, tmp_path / "none.wav", 1.0, "")
    async with phone(talking, signed_in, microphone) as eyes:
        page = eyes.page
        await page.get_by_label("Type, and a voice speaks").check()
        await call(page)
        await expect(page.get_by_role("log")).to_contain_text("AI assistant", timeout=PATIENCE_MS)
        await page.get_by_label("What you say").fill(QUESTION)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("log")).to_contain_text("look_up_order", timeout=PATIENCE_MS)
        await page.get_by_role("button", name="Mute").press("5")
        await expect(page.get_by_role("button", name="Key 5")).to_be_focused()
        await page.get_by_role("button", name="Hang up").click()
        await expect(page.get_by_role("status")).to_contain_text("The call is over")


async def test_a_link_places_one_call_from_another_page(talking: RunningHouse, signed_in: Path) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        context = await browser.new_context(base_url=talking.url, storage_state=signed_in)
        page = await context.new_page()
        await page.goto("/console/phone")
        await page.get_by_text("Let somebody else call").click()
        await page.get_by_role("button", name="Make a link").click()
        link = page.get_by_label("Link, to be sent")
        await expect(link).to_have_value(re.compile("/console/phone/link#"))
        stranger = await browser.new_context()
        guest = await stranger.new_page()
        await guest.goto(await link.input_value())
        await guest.get_by_label("In writing only").check()
        await call(guest)
        await guest.get_by_role("button", name="Hang up").click()
        await expect(guest.get_by_role("status")).to_contain_text("The call is over")
        await guest.get_by_role("button", name="Call again").click()
        await expect(guest.get_by_role("alert")).to_contain_text("This link has been used")
        await browser.close()
