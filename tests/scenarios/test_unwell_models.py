"""Whole calls with a session that is unwell: the caller hears a word of ours, then an answer, and all is on record.

The stand-in hears from a script and speaks in a hum: what is heard is read from the records and the recording.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from app.call import flags
from app.calling import CALLER_NUMBER, Target, target
from app.rehearsal.callers import Caller, HangUp, Say, Silence, Wait
from app.rehearsal.prepared import prepare_with
from app.rehearsal.report import CallReport, rehearse
from app.settings import load
from app.store.calls import flags_of, turns_of
from app.store.database import Database
from app.store.journal import replay

pytestmark = [pytest.mark.rehearsed, pytest.mark.asyncio(loop_scope="module")]

STAND_IN = "--ears script --voice tones --script 'Where is my order 1047?'"
ASKER = Caller(
    "asker",
    "asks once, and listens",
    (Wait(), Say("Where is my order, please tell me?"), Silence(24.0), HangUp()),
)
AT_ONCE = 3  # houses; with hums instead of speech each takes little
MADE_WITHIN_S = 180.0
CALL_WITHIN_S = 240.0
STILL_S = 4.0  # no sound was made for so long: all are


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault of the call's first session, the flags it leaves, and whether a word of ours is heard meanwhile."""

    fault: str
    flags: tuple[str, ...]
    filler: bool = True


TROUBLES: Mapping[str, Trouble] = {
    "no answer": Trouble("no_answer=yes", (flags.NO_ANSWER,) * 3),
    "silent sound": Trouble("silent_audio=yes", (flags.SILENT_SOUND,)),
    "tone": Trouble("tone=yes", (flags.TONE,)),
    "no words": Trouble("transcript_stall=yes", (flags.UNWORDED_SOUND,)),
    "empty turns": Trouble("empty_turn=yes", (flags.EMPTY_TURN, flags.EMPTY_TURN)),
    "phantom": Trouble("phantom_after_chunks=6", (flags.PHANTOM,), filler=False),
}


@dataclass(frozen=True, slots=True)
class Told:
    """What one call left behind."""

    report: CallReport
    journal: Path
    flags: tuple[str, ...]
    heard: tuple[str, ...]  # of the assistant, turn by turn


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def greetings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sounds that a house in use has: made by sessions that are well."""
    data = tmp_path_factory.mktemp("well")
    folder = data / "rehearsal" / "greetings"
    async with _house(data, ""), asyncio.timeout(MADE_WITHIN_S):
        made, still_s = 0, 0.0
        while not made or still_s < STILL_S:
            await asyncio.sleep(0.5)
            before, made = made, len(list(folder.glob("*.json")))
            still_s = still_s + 0.5 if made == before else 0.0
    return folder


@asynccontextmanager
async def _house(data: Path, fault: str) -> AsyncIterator[Target]:
    """A server whose first Live session goes wrong."""
    options = f"{STAND_IN} --fault {fault} --fault-sessions 1" if fault else STAND_IN
    environment = {**os.environ, "FRONTLINE_REHEARSAL_OPTIONS": options}
    async with target(load({"FRONTLINE_DATA": str(data)}, None), None, print, environment) as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def calls(tmp_path_factory: pytest.TempPathFactory, greetings: Path) -> AsyncIterator[dict[str, Told]]:
    room = asyncio.Semaphore(AT_ONCE)

    async def one(trouble: Trouble) -> Told:
        data = tmp_path_factory.mktemp("unwell")
        shutil.copytree(greetings, data / "rehearsal" / "greetings")
        async with room:
            return await _call(data, trouble.fault)

    told = await asyncio.gather(*(one(trouble) for trouble in TROUBLES.values()))
    yield dict(zip(TROUBLES, told, strict=True))


async def _call(data: Path, fault: str) -> Told:
    prepared = await asyncio.to_thread(prepare_with, ASKER, "tones")
    async with asyncio.timeout(CALL_WITHIN_S), _house(data, fault) as server:
        report = await rehearse(
            *(server.base_url, server.public_url, server.auth_token, prepared),
            record_to=data / "call.wav",
            to="+12025550199",
            from_=CALLER_NUMBER,
        )
    database = Database(f"sqlite+aiosqlite:///{data / 'frontline.db'}")
    found = [flag.name for flag in await flags_of(database, report.call_sid) if flag.name in flags.UNWELL]
    heard = [turn.heard for turn in await turns_of(database, report.call_sid) if turn.side == "assistant"]
    await database.close()
    return Told(report, data / "journals" / f"{report.call_sid}.jsonl", tuple(found), tuple(heard))


@pytest.mark.parametrize("name", TROUBLES)
async def test_the_caller_is_answered_all_the_same(calls: dict[str, Told], name: str) -> None:
    assert any("1047" in heard for heard in calls[name].heard), calls[name]


@pytest.mark.parametrize("name", [name for name, trouble in TROUBLES.items() if trouble.filler])
async def test_and_hears_a_word_of_ours_before(calls: dict[str, Told], name: str) -> None:
    heard = calls[name].heard
    assert "One moment, please." in heard, heard


@pytest.mark.parametrize("name", TROUBLES)
async def test_the_record_says_what_was_wrong(calls: dict[str, Told], name: str) -> None:
    assert calls[name].flags == TROUBLES[name].flags


@pytest.mark.parametrize("name", TROUBLES)
async def test_the_journal_replays_to_the_same_commands(calls: dict[str, Told], name: str) -> None:
    steps, differences = replay(calls[name].journal)
    assert steps > 10
    assert differences == []
