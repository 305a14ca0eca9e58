"""Calls of a line that records, over real sockets: asked or told, what lies where, and what is not to be heard."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sqlalchemy import select

from app.rehearsal.callers import Caller, HangUp, Interrupt, Press, Say, Silence, Step, Wait
from app.rehearsal.report import CallReport, rehearse
from app.store.recordings import KeptRecording, RecordingBook
from app.store.tables_recordings import consents
from tests.heard_words import RATE, Samples, alike, sides, telephone
from tests.test_main import CALLER_NUMBER, LINE, NUMBER, ORDER, House, frontline_in, prepared, running

DONE = Wait(finished_ms=300)
AGREES = "Yes, that is fine."
CARD = "My card number is 4111 1111 1111 1111."
PATIENCE_S = 30.0
SPOKEN = ("caller", "interrupted")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A call that is over and stored: the telephone's sound and the house's."""

    report: CallReport
    kept: list[KeptRecording]
    consents: list[tuple[str, str, str, str]]
    spoke: Samples
    heard: Samples
    caller: Samples
    assistant: Samples


@asynccontextmanager
async def recording_house(folder: Path, policy: str, *script: str) -> AsyncIterator[House]:
    frontline = frontline_in(folder, *script)
    prompts = frontline.settings.prompts
    (prompts / "shop" / "line.toml").write_text(f'recording = "{policy}"\n{LINE}')
    shutil.copy("prompts/phrases/en.toml", prompts / "phrases" / "en.toml")
    async with running(frontline) as house:
        yield house


async def recorded(house: House, folder: Path, *steps: Step) -> Recorded:
    doors = house.frontline.doors
    report = await rehearse(
        *(
            house.base_url,
            doors.public_url,
            doors.tokens[0],
            await prepared(Caller("recorded", "", (*steps, HangUp()))),
        ),
        record_to=folder / "telephone.wav",
        to=NUMBER,
        from_=CALLER_NUMBER,
        listens=False,
    )
    assert await house.frontline.writer.drain(PATIENCE_S)
    assert house.frontline._house is not None
    recorder = house.frontline._house.recorder
    assert recorder is not None
    assert await recorder.drain(PATIENCE_S)
    kept = await RecordingBook(house.frontline.database).of_call(report.call_sid)
    spoke, heard = await asyncio.to_thread(telephone, folder / "telephone.wav")
    none = np.zeros(0)
    caller, assistant = sides(await recorder.objects.read(kept[0].key)) if kept else (none, none)
    return Recorded(report, kept, await _consents(house, report), spoke, heard, caller, assistant)


async def _consents(house: House, report: CallReport) -> list[tuple[str, str, str, str]]:
    wanted = select(consents.c.answer, consents.c.how, consents.c.language, consents.c.wording)
    async with house.frontline.database.engine.connect() as connection:
        rows = await connection.execute(wanted.where(consents.c.call_sid == report.call_sid))
        return [(row.answer, row.how, row.language, row.wording) for row in rows]


def loud(side: Samples, from_s: float, to_s: float) -> bool:
    return bool(np.any(np.abs(side[int(from_s * RATE) : int(to_s * RATE)]) > 500))


def same(kept: Samples, heard: Samples, at: int) -> float:
    """How many seconds of what is not silent on a recording are to the letter what the telephone has there; all are."""
    sounds = np.flatnonzero(kept[: len(heard) - at])
    assert np.array_equal(kept[sounds], heard[sounds + at])
    return len(sounds) / RATE


async def test_who_says_yes_is_recorded_as_heard_without_the_number_of_their_card_and_who_says_no_is_not(
    tmp_path: Path,
) -> None:
    async with recording_house(tmp_path, "ask", AGREES, CARD, ORDER, ORDER) as house:
        call, refused = await asyncio.gather(
            recorded(
                *(house, tmp_path / "yes", DONE, Say("Fine."), DONE, Silence(1.5), Say("Card."), DONE, Silence(2.5)),
                *(Say("Where?"), Interrupt("Where?", 800), DONE),
            ),
            recorded(house, tmp_path / "no", DONE, Press("2"), DONE),
        )
    assert [(answer, how, language) for answer, how, language, _ in call.consents] == [("yes", "spoken", "en-US")]
    assert len(call.consents[0][3]) == 64
    assert call.report.figures.barge_ins_ms
    _, at = alike(call.assistant, call.heard, 5 * RATE)
    assert same(call.assistant, call.heard, at) > 6
    assert same(call.caller, call.spoke, at) > 0.2
    spoken = [(happening.at_s - at / RATE) for happening in call.report.happenings if happening.what in SPOKEN]
    agreed_at, card_at, *asked_at = spoken
    assert not loud(call.caller, 0, agreed_at + 0.3)
    assert loud(call.spoke[at:], card_at, card_at + 0.5)
    assert not loud(call.caller, card_at - 0.5, card_at + 1.5)
    assert [loud(call.caller, at_s, at_s + 0.5) for at_s in asked_at] == [True, True]
    assert [consent[:3] for consent in refused.consents] == [("no", "key", "en-US")]
    assert refused.kept == []
    assert {path.parent.name for path in (tmp_path / "data" / "objects").rglob("*.wav")} == {call.report.call_sid}


async def test_who_was_told_is_recorded_and_what_they_key_in_is_a_pause(tmp_path: Path) -> None:
    async with recording_house(tmp_path, "notice", ORDER) as house:
        call = await recorded(house, tmp_path, DONE, Press("41"), Silence(3.0), DONE)
    assert [consent[:3] for consent in call.consents] == [("yes", "notice", "en-US")]
    from_s, to_s = call.kept[0].paused[0]
    assert to_s - from_s > 1.4
    assert not loud(call.caller, from_s + 0.01, to_s - 0.01)  # spans are told in whole milliseconds
    assert not loud(call.assistant, from_s + 0.01, to_s - 0.01)
    assert same(call.assistant, call.heard, alike(call.assistant, call.heard, 5 * RATE)[1]) > 2
