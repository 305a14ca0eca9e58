"""A caller reads a card's number aloud: it is on record neither in words nor in sound, and the rest of the call is."""

import asyncio
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from app.audio.mulaw import decode
from app.calling import ANY_CALLED, CALLER_NUMBER, target
from app.fittings import objects_for
from app.recording import wav
from app.rehearsal.callers import Caller, Say, Wait, WaitForEnd
from app.rehearsal.prepared import prepare_with
from app.rehearsal.report import CallReport, rehearse
from app.rehearsal.speech import load_recogniser
from app.settings import Settings, load
from app.store.calls import turns_of
from app.store.database import Database
from app.store.recordings import RecordingBook

pytestmark = pytest.mark.rehearsed

RATE = 8_000
CARD = "four one one one, one one one one, one one one one, one one one one"
CALLER = Caller(
    "careless",
    "reads their card aloud",
    (
        *(Wait(), Say(f"My card number is {CARD}.")),
        *(Wait(), Say("And where is my order 1047?")),
        *(Wait(), Say("Thank you, goodbye.")),
        WaitForEnd(30),
    ),
)
NUMBERS = re.compile(r"\d|\b(?:four|one|fourth|eleven)\b")


async def test_a_card_that_is_read_aloud_is_on_record_neither_in_words_nor_in_sound(tmp_path: Path) -> None:
    environment = _recording(tmp_path)
    settings = load(environment, None)
    ears = await asyncio.to_thread(load_recogniser)

    report = await _called(settings, environment, tmp_path / "telephone.wav")
    words, caller = await _on_record(settings, report.call_sid)
    kept = (await asyncio.to_thread(ears.transcribe, caller, RATE)).lower()

    assert "[card]" in words and not re.search("1111|one one", words)
    assert "order" in kept and "goodbye" in kept
    assert NUMBERS.findall(kept.partition("order")[0]) == []


def _recording(folder: Path) -> dict[str, str]:
    """A house whose line tells its callers that it records."""
    shutil.copytree("prompts", folder / "prompts")
    (folder / "data").mkdir()
    line = folder / "prompts" / "store" / "line.toml"
    line.write_text(f'recording = "notice"\n{line.read_text("utf-8")}', "utf-8")
    return {"FRONTLINE_DATA": str(folder / "data"), "FRONTLINE_PROMPTS": str(folder / "prompts")}


async def _called(settings: Settings, environment: dict[str, str], recording: Path) -> CallReport:
    async with target(settings, None, lambda _: None, environment) as server:
        return await rehearse(
            *(server.base_url, server.public_url, server.auth_token, await asyncio.to_thread(prepare_with, CALLER)),
            record_to=recording,
            rest=server.rest,
            to=ANY_CALLED,
            from_=CALLER_NUMBER,
        )


async def _on_record(settings: Settings, call_sid: str) -> tuple[str, bytes]:
    """The words on record, and the caller's sound: 16-bit PCM at 8 kHz."""
    database = Database(f"sqlite+aiosqlite:///{settings.data / 'frontline.db'}")
    try:
        turns = await turns_of(database, call_sid)
        (stored,) = await RecordingBook(database).of_call(call_sid)
    finally:
        await database.close()
    sound = await objects_for(settings).read(stored.key)
    caller = np.frombuffer(decode(sound[wav.HEADER :]), "<i2")[0::2]
    return " ".join(turn.heard for turn in turns), caller.tobytes()
