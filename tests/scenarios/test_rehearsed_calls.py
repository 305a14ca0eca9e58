"""Every rehearsed caller gets what they called for, heard and judged from the recording of the call."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio

from app.call.flags import DISCLOSED, LANGUAGE_DRIFT, LANGUAGE_SWITCHED
from app.calling import CALLER_NUMBER, JournalFollower, target
from app.rehearsal.callers import CALLERS, Caller, Expectations, Wait, WaitForEnd
from app.rehearsal.phone import Representative
from app.rehearsal.prepared import prepare_with
from app.rehearsal.report import CallReport, rehearse
from app.rehearsal.speech import load_recogniser
from app.settings import load
from app.store.calls import call, flags_of, turns_of
from app.store.database import Database
from app.store.journal import replay

pytestmark = [pytest.mark.rehearsed, pytest.mark.asyncio(loop_scope="module")]

AT_ONCE = 2  # callers speaking at once that two cores can hear and answer without being late
FIRST_SOUND_MS = 1_000

# A representative who does not pick up: the assistant takes the call back and says so.
NOBODY = replace(
    CALLERS["angry"],
    name="nobody",
    steps=(CALLERS["angry"].steps[0], Wait(40), WaitForEnd(25)),
    expects=Expectations(heard=(r"nobody|no one|free|busy|sorry|colleague",)),
    representative=Representative("no-answer", rings_s=1.0),
)
CALLS = (*CALLERS.values(), NOBODY)
FOREIGN = {"spanish": "es-US", "french": "fr-FR"}  # who does not speak English, and what the call is then led in


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What the calls left: a report each, and the server's data."""

    reports: dict[str, CallReport]
    data: Path
    database: Database


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rehearsed]:
    data = tmp_path_factory.mktemp("data")
    settings = load({"FRONTLINE_DATA": str(data)}, None)
    ears = await asyncio.to_thread(load_recogniser, ("en", "es", "fr"))
    follower = JournalFollower(data / "journals", lambda _: None)
    room = asyncio.Semaphore(AT_ONCE)
    async with target(settings, None, lambda _: None) as server:

        async def place(caller: Caller) -> CallReport:
            prepared = await asyncio.to_thread(prepare_with, caller)
            async with room:
                return await rehearse(
                    server.base_url,
                    server.public_url,
                    server.auth_token,
                    prepared,
                    record_to=data / f"{caller.name}.wav",
                    to="+12025550199",
                    from_=CALLER_NUMBER,
                    tools_used=follower.tools_of,
                    recogniser=ears,
                )

        async with asyncio.timeout(900):
            # Other languages than English need the larger weights, and so both cores for themselves.
            alone = [await place(CALLERS[name]) for name in FOREIGN]
            others = await asyncio.gather(*(place(caller) for caller in CALLS if caller.name not in FOREIGN))
    # The server has ended: everything it had to write is written.
    database = Database(f"sqlite+aiosqlite:///{data / 'frontline.db'}")
    yield Rehearsed({report.caller: report for report in (*alone, *others)}, data, database)
    await database.close()


@pytest.mark.parametrize("name", [caller.name for caller in CALLS])
async def test_the_caller_gets_what_they_called_for(rehearsed: Rehearsed, name: str) -> None:
    report = rehearsed.reports[name]
    assert report.problems == (), [stretch.text for stretch in report.heard]


@pytest.mark.parametrize("name", [caller.name for caller in CALLS])
async def test_the_greeting_is_heard_within_a_second(rehearsed: Rehearsed, name: str) -> None:
    first_ms = rehearsed.reports[name].figures.first_sound_ms
    assert first_ms is not None
    assert first_ms <= FIRST_SOUND_MS


@pytest.mark.parametrize("name", [caller.name for caller in CALLS])
async def test_the_call_has_one_record_with_its_turns(rehearsed: Rehearsed, name: str) -> None:
    report = rehearsed.reports[name]
    row = await call(rehearsed.database, report.call_sid)
    assert row is not None
    assert row.end is not None
    turns = await turns_of(rehearsed.database, report.call_sid)
    assert turns[0].side == "assistant"
    assert [turn.number for turn in turns] == list(range(1, len(turns) + 1))


@pytest.mark.parametrize("name", [caller.name for caller in CALLS])
async def test_the_journal_replays_to_the_same_commands(rehearsed: Rehearsed, name: str) -> None:
    steps, differences = replay(rehearsed.data / "journals" / f"{rehearsed.reports[name].call_sid}.jsonl")
    assert steps > 10
    assert differences == []


@pytest.mark.parametrize("name", [caller.name for caller in CALLS if caller.name not in ("interrupter", "angry")])
async def test_it_is_on_record_that_the_caller_heard_whole_that_an_ai_speaks(rehearsed: Rehearsed, name: str) -> None:
    flags = await flags_of(rehearsed.database, rehearsed.reports[name].call_sid)
    disclosed = [flag.detail for flag in flags if flag.name == DISCLOSED]
    assert disclosed == ["en-US", FOREIGN[name]] if name in FOREIGN else ["en-US"]


@pytest.mark.parametrize(("name", "language"), FOREIGN.items())
async def test_a_caller_is_followed_into_their_language(rehearsed: Rehearsed, name: str, language: str) -> None:
    flags = await flags_of(rehearsed.database, rehearsed.reports[name].call_sid)
    assert [flag.detail for flag in flags if flag.name == LANGUAGE_SWITCHED] == [language]
    assert LANGUAGE_DRIFT not in [flag.name for flag in flags]


async def test_callers_end_as_they_should(rehearsed: Rehearsed) -> None:
    wanted = {"order": "completed", "silent": "silent", "angry": "handed_off", "cutoff": "caller_hung_up"}
    ended = {}
    for name in wanted:
        row = await call(rehearsed.database, rehearsed.reports[name].call_sid)
        assert row is not None
        assert row.end is not None
        ended[name] = row.end.disposition
    assert ended == wanted


async def test_what_an_interrupter_did_not_hear_is_kept_apart(rehearsed: Rehearsed) -> None:
    turns = await turns_of(rehearsed.database, rehearsed.reports["interrupter"].call_sid)
    cut = [turn for turn in turns if turn.side == "assistant" and turn.interrupted]
    assert cut
    assert any(turn.unheard for turn in cut)
