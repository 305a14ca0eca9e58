"""What is on record of calls goes when it is old enough, or when its caller asks; what is on hold stays."""

import json
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.call.commands import RecordEnd, RecordFlag, RecordTool, RecordTurn
from app.fittings import KEY_FILE
from app.retaining import Keeping
from app.store import annotations, holds, messages
from app.store.analyses import Analysis, Correction, Made, correct, write
from app.store.calls import latest
from app.store.database import Database
from app.store.deletions import latest as proofs
from app.store.envelope import Keys, keys_of_file
from app.store.erasure import Places, erase, export
from app.store.forgetting import OF_CALLS
from app.store.messages import Message
from app.store.objects import Objects, store_at
from app.store.outbox import Wish, enqueue
from app.store.parts import Mark, Segment
from app.store.retention import Retention
from app.store.search import Wanted, page
from app.store.whole import whole_call
from app.store.writer import RecordWriter
from tests.store.test_outage import running

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ANA, BEN = "+12025550143", "+12025550144"
WORD = "hammock"


@dataclass(frozen=True, slots=True)
class House:
    """Calls by their CallSid: whose, how many days old, of which line."""

    places: Places
    lines: Mapping[str, Keeping]

    @property
    def database(self) -> Database:
        return self.places.database

    def retention(self) -> Retention:
        return Retention(
            self.database, Keeping(), lambda: self.lines, self.places.journals, self.places.objects, now=lambda: NOW
        )

    async def take(self, call_sid: str, caller: str, days: int, line: str = "shop") -> None:
        """A call that left something everywhere."""
        writer = RecordWriter(self.database, pause=_at_once)
        at = NOW - timedelta(days=days)
        records = writer.records_for(call_sid, line, "en-US", caller, "+12025550199", at)
        records.turn(RecordTurn(1, "caller", f"A {WORD}, please.", "", 1.0, 2.0))
        records.turn(RecordTurn(2, "assistant", f"One {WORD}.", f"Of {WORD}.", 3.0, 4.0, gap_ms=1_200))
        records.tool(RecordTool("t1", "find", {"what": WORD}, {"found": WORD}, "ok", 20, 2.5))
        records.flag(RecordFlag("no_answer", 3.0, WORD))
        records.part(Mark("session_lost", 2.0, WORD))
        records.part(Segment("session", 1, 0.0, 4.0))
        records.end(RecordEnd("completed", "caller", 5.0, problem=WORD))
        async with running(writer):
            assert await writer.drain(30)
        async with self.database.engine.begin() as connection:
            made = Analysis(WORD, WORD, "solved", "neutral", 80, follow_ups=(WORD,), tags=("order",))
            await write(connection, Made(call_sid, made, at, "m", {}, 0.1))
            await enqueue(connection, Wish("analysis", call_sid, {"line": line}, call_sid))
        await correct(self.database, Correction(call_sid, "summary", WORD, "mia", at, ""))
        await annotations.note(self.database, call_sid, "mia", WORD)
        await annotations.tag(self.database, call_sid, "mia", "vip")
        left = Message(call_sid, "voicemail", line, caller, "+12025550199", at, transcript=WORD, words="there")
        await messages.write(self.database, left)
        self.journal(call_sid, caller, at)
        await self.places.objects.put(f"recordings/{call_sid}/1.wav", WORD.encode())

    def journal(self, call_sid: str, caller: str, at: datetime) -> Path:
        self.places.journals.mkdir(exist_ok=True)
        path = self.places.journals / f"{call_sid}.jsonl"
        path.write_text(json.dumps({"journal": 1}) + "\n" + json.dumps({"e": "CallStarted", "caller": caller}) + "\n")
        os.utime(path, (at.timestamp(), at.timestamp()))
        return path

    async def left(self) -> dict[str, list[str]]:
        """What there is of which call."""
        rows = sorted(row.start.call_sid for row in await latest(self.database, 100))
        files = sorted(path.name.partition(".")[0] for path in self.places.journals.glob("*"))
        sounds = [one.name.split("/")[1] async for one in self.places.objects.list("recordings")]
        return {"rows": rows, "journals": files, "recordings": sorted(sounds)}


def places_in(database: Database, folder: Path) -> Places:
    """As a house without settings has them."""
    folder.mkdir(exist_ok=True)
    return Places(
        database, folder / "journals", Objects(store_at(str(folder / "objects")), keys_of_file(folder / KEY_FILE))
    )


async def _at_once(_: float) -> None:
    return


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncIterator[House]:
    await database.open()
    places = Places(database, tmp_path / "journals", Objects(store_at("memory:"), Keys(bytes(32))))
    yield House(places, {"shop": Keeping(), "clinic": Keeping(transcript=10, journal=3)})


async def test_what_is_old_goes_by_kind_and_line_with_proof_and_what_is_held_stays(house: House) -> None:
    for sid, days, line in (("CA1", 5, "shop"), ("CA2", 5, "clinic"), ("CA3", 11, "clinic"), ("CA4", 95, "shop")):
        await house.take(sid, ANA, days, line)
    for sid in ("CA5", "CA6"):
        await house.take(sid, ANA, 400, "gone")
    await holds.hold(house.database, "CA6", "mia", "the case")
    gone = await house.retention().once()
    assert await house.left() == {
        "rows": ["CA1", "CA2", "CA3", "CA4", "CA6"],
        "journals": ["CA1", "CA6"],
        "recordings": ["CA1", "CA2", "CA3", "CA4", "CA5", "CA6"],  # put just now, whatever the age of their calls
    }
    found = [one.call.start.call_sid for one in (await page(house.database, Wanted(words=WORD))).calls]
    assert found == ["CA1", "CA2", "CA6"]
    counted = {(one.kind, one.line): one.count for one in gone}
    assert counted == {
        ("journal", "clinic"): 2,
        ("journal", "shop"): 1,
        ("journal", "gone"): 1,
        ("transcript", "clinic"): 1,
        ("transcript", "shop"): 1,
        ("transcript", "gone"): 1,
        ("metadata", "gone"): 1,
    }
    assert {(one.kind, one.line): one.count for one in await proofs(house.database)} == counted
    assert await house.retention().once() == []


async def test_a_call_whose_words_are_gone_is_still_counted(house: House) -> None:
    await house.take("CA1", ANA, 95)
    await house.retention().once()
    whole = await whole_call(house.database, "CA1")
    assert whole is not None
    assert WORD not in json.dumps(whole.as_json(), default=str)
    assert whole.call.words_deleted_at == NOW
    assert [turn.gap_ms for turn in whole.turns] == [None, 1_200]
    assert (whole.call.longest_gap_ms, whole.added.tags) == (1_200, ["vip"])
    assert whole.analysis is not None
    assert (whole.analysis.analysis.score, whole.analysis.analysis.resolution) == (80, "solved")


async def test_recordings_are_kept_for_their_own_time(house: House) -> None:
    await house.take("CA1", ANA, 40)
    late = house.retention()
    later = datetime.now(UTC) + timedelta(days=31)
    await Retention(late.database, late.usual, late.lines, late.journals, late.objects, now=lambda: later).once()
    assert (await house.left())["recordings"] == []


async def test_everything_of_a_number_is_shown(house: House) -> None:
    await house.take("CA1", ANA, 5)
    await house.take("CA2", BEN, 5)
    theirs = await export(house.places, ANA)
    assert [one.call.start.call_sid for one in theirs.calls] == ["CA1"]
    assert [one.transcript for one in theirs.messages] == [WORD]
    assert (theirs.journals, theirs.recordings) == (["CA1.jsonl"], ["recordings/CA1/1.wav"])


async def test_everything_of_a_number_is_deleted_but_what_is_held_or_goes_on(house: House) -> None:
    for sid, caller in (("CA1", ANA), ("CA2", BEN), ("CA3", ANA)):
        await house.take(sid, caller, 5)
    await holds.hold(house.database, "CA3", "mia", "the case")
    house.journal("CA4", ANA, NOW)  # the database has not heard of it
    writer = RecordWriter(house.database, pause=_at_once)
    writer.records_for("CA5", "shop", "en-US", ANA, "+12025550199", NOW)
    async with running(writer):
        assert await writer.drain(30)
    gone = await erase(house.places, ANA)
    assert (gone.held, gone.going_on) == (["CA3"], ["CA5"])
    assert (gone.count["calls"], gone.count["turns"], gone.count["journals"], gone.count["sounds"]) == (1, 2, 2, 1)
    left = await house.left()
    assert left == {"rows": ["CA2", "CA3", "CA5"], "journals": ["CA2", "CA3"], "recordings": ["CA2", "CA3"]}
    for table in OF_CALLS:
        async with house.database.engine.connect() as connection:
            assert (await connection.execute(select(table).where(table.c.call_sid == "CA1"))).first() is None, (
                table.name
            )
    told = await proofs(house.database)
    assert {one.why for one in told} == {"erasure"}
    assert all(ANA not in str(one) and len(one.subject) == 32 for one in told)


async def test_an_erased_call_is_not_brought_back_from_a_journal_elsewhere(house: House) -> None:
    await house.take("CA1", ANA, 5)
    await erase(house.places, ANA)
    house.journal("CA1", ANA, NOW)
    assert (await house.retention().once())[0].count == 1
    assert (await house.left())["journals"] == []
