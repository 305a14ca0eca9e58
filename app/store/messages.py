"""What callers left when nobody could take their call: a voice message, or the wish to be called back."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

import structlog
from sqlalchemy import ColumnElement, RowMapping, and_, case, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from app.store.database import Database, Source, reading
from app.store.dialects import insert_into, utc
from app.store.tables import messages
from app.telemetry import metrics

MOST_WAITING: Final = 1_000
WRITE_TIMEOUT_S: Final = 15.0
FIRST_RETRY_S: Final = 0.2
LAST_RETRY_S: Final = 10.0

log = structlog.get_logger(__name__)

Kind = Literal["voicemail", "callback"]
State = Literal["new", "done"]
# Of a voice message: it waits for a transcript, has one, or was tried often enough.
Words = Literal["none", "wanted", "there", "failed"]


@dataclass(frozen=True, slots=True)
class Message:
    """One call's message of a kind.

    ``at`` has a time zone. ``language`` (BCP-47) is what the caller was spoken to in.
    """

    call_sid: str
    kind: Kind
    line: str
    caller: str
    called: str
    at: datetime
    language: str = ""
    recording_sid: str = ""
    recording_url: str = ""
    duration_s: int = 0
    words: Words = "none"
    transcript: str = ""
    state: State = "new"
    attempts: int = 0


class MessageBook:
    """The way from the webhooks to the database: ``keep`` never waits, and a database that is down is tried again."""

    def __init__(
        self, database: Database, *, pause: Callable[[float], Awaitable[None]] = asyncio.sleep, room: int = MOST_WAITING
    ) -> None:
        self._database = database
        self._pause = pause
        self._queue: asyncio.Queue[Message] = asyncio.Queue(room)

    def keep(self, message: Message) -> None:
        """Have a message written. The same again, or more of it, goes into the same row."""
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            log.error("message not kept", of_call=message.call_sid, kind=message.kind, next="look at the database")

    async def run(self) -> None:
        """Write what comes, until cancelled."""
        while True:
            message = await self._queue.get()
            await self._until_written(message)
            self._queue.task_done()

    async def drain(self, within_s: float) -> bool:
        """Wait until everything is written; False if that took too long."""
        try:
            async with asyncio.timeout(within_s):
                await self._queue.join()
        except TimeoutError:
            log.error("messages not written", waiting=self._queue.qsize() + 1, next="look at the database")
            return False
        return True

    async def _until_written(self, message: Message) -> None:
        wait_s = FIRST_RETRY_S
        while True:
            try:
                async with asyncio.timeout(WRITE_TIMEOUT_S):
                    await self._database.open()
                    is_new = await write(self._database, message)
                break
            except (SQLAlchemyError, OSError) as error:  # TimeoutError is an OSError
                metrics.records_failed.inc()
                log.warning("message not written yet", error=type(error).__name__, again_in_s=round(wait_s, 1))
            await self._pause(wait_s)
            wait_s = min(wait_s * 2, LAST_RETRY_S)
        if is_new:
            metrics.messages.labels(message.kind).inc()
            told = {"of_call": message.call_sid, "kind": message.kind, "line": message.line}
            log.info("message left", **told, next="frontline messages list")


async def write(database: Database, message: Message) -> bool:
    """Insert a message, or add what is known now to the one that is there. True for a new one."""
    insert = insert_into(messages, database.engine.dialect)
    row = asdict(message) | {"at": message.at.astimezone(UTC)}
    found = insert.excluded
    late = {name: case((messages.c[name] == "", found[name]), else_=messages.c[name]) for name in _LATE}
    late["duration_s"] = case((found.duration_s > 0, found.duration_s), else_=messages.c.duration_s)
    late["words"] = case((messages.c.words == "none", found.words), else_=messages.c.words)
    upsert = insert.values(row).on_conflict_do_update(index_elements=["call_sid", "kind"], set_=late)
    async with database.engine.begin() as connection:
        there = select(messages.c.call_sid).where(*_is(message.call_sid, message.kind))
        is_new = (await connection.execute(there)).first() is None
        await connection.execute(upsert)
    return is_new


_LATE = ("line", "caller", "called", "language", "recording_sid", "recording_url")


async def latest(database: Database, n: int, *, state: State | None = None) -> list[Message]:
    """The newest ``n``, of one state or of all."""
    chosen = select(messages).order_by(messages.c.at.desc(), messages.c.call_sid).limit(n)
    if state is not None:
        chosen = chosen.where(messages.c.state == state)
    async with database.engine.connect() as connection:
        return [_message(row) for row in (await connection.execute(chosen)).mappings()]


async def from_caller(database: Database, caller: str) -> list[Message]:
    """What a number left."""
    chosen = select(messages).where(messages.c.caller == caller).order_by(messages.c.at)
    async with database.engine.connect() as connection:
        return [_message(row) for row in (await connection.execute(chosen)).mappings()]


async def of_call(database: Database, call_sid: str) -> list[Message]:
    """What a call left, its CallSid given or the beginning of it."""
    chosen = select(messages).where(messages.c.call_sid.startswith(call_sid, autoescape=True)).order_by(messages.c.at)
    async with database.engine.connect() as connection:
        return [_message(row) for row in (await connection.execute(chosen)).mappings()]


async def left_in(source: Source, call_sid: str) -> list[Message]:
    """What the call with this CallSid left."""
    chosen = select(messages).where(messages.c.call_sid == call_sid).order_by(messages.c.at)
    async with reading(source) as connection:
        return [_message(row) for row in (await connection.execute(chosen)).mappings()]


async def done(database: Database, message: Message) -> None:
    """Somebody has seen to it."""
    async with database.engine.begin() as connection:
        await connection.execute(update(messages).where(*_is(message.call_sid, message.kind)).values(state="done"))


# ---- transcripts


async def claim(database: Database, now: datetime, lease_s: float, most: int) -> list[Message]:
    """Messages to be transcribed now; no other process gets them before the lease is over."""
    due = or_(messages.c.try_at.is_(None), messages.c.try_at <= now)
    waiting = and_(messages.c.words == "wanted", messages.c.recording_url != "", due)
    claimed = []
    async with database.engine.begin() as connection:
        oldest = select(messages).where(waiting).order_by(messages.c.at).limit(most)
        rows = await connection.execute(oldest)
        for message in [_message(row) for row in rows.mappings()]:
            ours = and_(*_is(message.call_sid, message.kind), messages.c.attempts == message.attempts)
            until = {"attempts": message.attempts + 1, "try_at": now + timedelta(seconds=lease_s)}
            if (await connection.execute(update(messages).where(ours).values(until))).rowcount == 1:
                claimed.append(message)
    return claimed


async def transcribed(database: Database, message: Message, transcript: str) -> None:
    """Its words are known."""
    await _set(database, message, {"words": "there", "transcript": transcript})


async def not_transcribed(database: Database, message: Message, again_at: datetime | None) -> None:
    """It did not work: once more then, or never."""
    await _set(database, message, {"try_at": again_at} if again_at is not None else {"words": "failed"})


async def _set(database: Database, message: Message, values: dict[str, object]) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(update(messages).where(*_is(message.call_sid, message.kind)).values(values))


def _is(call_sid: str, kind: str) -> tuple[ColumnElement[bool], ...]:
    return messages.c.call_sid == call_sid, messages.c.kind == kind


def _message(row: RowMapping) -> Message:
    at: datetime = row["at"]
    values = {name: row[name] for name in _COLUMNS}
    # SQLite keeps no time zone; what we write is UTC.
    return Message(**values | {"at": utc(at)})


_COLUMNS = tuple(Message.__dataclass_fields__)
