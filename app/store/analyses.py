"""What a model made of calls, what people say of that, and how often they agree."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.database import Database, Source, reading
from app.store.dialects import insert_into, utc
from app.store.tables import analyses, calls, corrections

FIELDS: Final = ("resolution", "sentiment", "score", "reason", "summary", "tags")  # what a person may say otherwise
RESOLUTIONS: Final = ("solved", "partly", "no")
SENTIMENTS: Final = ("negative", "neutral", "positive")
CLOSE: Final = 10  # scores that differ by no more agree


@dataclass(frozen=True, slots=True)
class Criterion:
    """A question of the scorecard as it was then, and what the model says to it."""

    name: str
    question: str
    verdict: str
    why: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a model says of a call. ``score`` is 0 to 100, None where no criterion applied."""

    summary: str
    reason: str
    resolution: str
    sentiment: str
    score: int | None = None
    criteria: tuple[Criterion, ...] = ()
    follow_ups: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """An analysis with where it comes from; ``cost_usd`` None where the model's prices are not known."""

    call_sid: str
    analysis: Analysis
    at: datetime
    model: str
    tokens: Mapping[str, int] = field(default_factory=dict)
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person says of a call, beside the model: of one field, also where they agree."""

    call_sid: str
    field: str
    value: object
    who: str
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often the model and people agreed on a field."""

    field: str
    reviewed: int
    agreed: int

    @property
    def share(self) -> float:
        return self.agreed / self.reviewed if self.reviewed else 0.0


async def write(connection: AsyncConnection, made: Made) -> bool:
    """Keep an analysis, in the transaction of ``connection``; False where the call has one already."""
    # asdict would leave the tuples, which JSON has as lists: the rows are read back as they are written here.
    told = asdict(made.analysis) | {"criteria": [asdict(one) for one in made.analysis.criteria]}
    lists = {name: list(told[name]) for name in ("follow_ups", "tags")}
    row = {**told, **lists, "call_sid": made.call_sid, "at": made.at, "model": made.model}
    row |= {"tokens": dict(made.tokens), "cost_usd": made.cost_usd}
    insert = insert_into(analyses, connection.dialect).values(row)
    wrote = await connection.execute(insert.on_conflict_do_nothing().returning(analyses.c.call_sid))
    return wrote.first() is not None


async def of_call(source: Source, call_sid: str) -> Made | None:
    """The analysis of a call."""
    async with reading(source) as connection:
        found = await connection.execute(select(analyses).where(analyses.c.call_sid == call_sid))
        row = found.mappings().first()
    return _made(row) if row else None


async def beginning_with(database: Database, call_sid: str) -> list[str]:
    """The calls whose CallSid begins like this, the newest first; two are enough to know that there are several."""
    named = calls.c.call_sid.startswith(call_sid, autoescape=True)
    async with database.engine.connect() as connection:
        found = select(calls.c.call_sid).where(named).order_by(calls.c.started_at.desc()).limit(2)
        return list((await connection.execute(found)).scalars())


async def latest(database: Database, n: int) -> list[Made]:
    """The ``n`` made last, the newest first."""
    async with database.engine.connect() as connection:
        newest = select(analyses).order_by(analyses.c.at.desc(), analyses.c.call_sid).limit(n)
        return [_made(row) for row in (await connection.execute(newest)).mappings()]


async def correct(database: Database, *said: Correction) -> None:
    """Keep what a person says. Nothing is written over: of one field, the last counts."""
    rows = [asdict(one) | {"id": uuid4(), "at": one.at.astimezone(UTC)} for one in said]
    async with database.engine.begin() as connection:
        await connection.execute(corrections.insert(), rows)


async def corrections_of(source: Source, call_sid: str) -> list[Correction]:
    """What people said of a call, in their order."""
    of_call = select(corrections).where(corrections.c.call_sid == call_sid).order_by(corrections.c.at)
    async with reading(source) as connection:
        return [_correction(row) for row in (await connection.execute(of_call)).mappings()]


async def agreement(database: Database, since: datetime) -> list[Agreement]:
    """Field by field, over the analyses since then that people have looked at."""
    both = select(analyses, corrections.c.field, corrections.c.value, corrections.c.at.label("said_at"))
    joined = both.join(corrections, corrections.c.call_sid == analyses.c.call_sid).where(analyses.c.at >= since)
    said: dict[tuple[str, str], bool] = {}
    async with database.engine.connect() as connection:
        for row in (await connection.execute(joined.order_by(corrections.c.at))).mappings():
            said[row["field"], row["call_sid"]] = agrees(row["field"], row[row["field"]], row["value"])
    fields = [name for name, _ in said]
    agreed = [name for (name, _), same in said.items() if same]
    return [Agreement(name, fields.count(name), agreed.count(name)) for name in FIELDS if name in fields]


def agrees(field: str, model: object, person: object) -> bool:
    """Whether two values of a field say the same; scores may differ a little, and the order of tags is nothing."""
    if field == "score" and isinstance(model, int) and isinstance(person, int):
        return abs(model - person) <= CLOSE
    if field == "tags" and isinstance(model, list | tuple) and isinstance(person, list | tuple):
        return set(model) == set(person)
    return model == person


def _made(row: RowMapping) -> Made:
    analysis = Analysis(
        summary=row["summary"],
        reason=row["reason"],
        resolution=row["resolution"],
        sentiment=row["sentiment"],
        score=row["score"],
        criteria=tuple(Criterion(**one) for one in row["criteria"]),
        follow_ups=tuple(row["follow_ups"]),
        tags=tuple(row["tags"]),
    )
    return Made(row["call_sid"], analysis, utc(row["at"]), row["model"], row["tokens"], row["cost_usd"])


def _correction(row: RowMapping) -> Correction:
    said = {name: row[name] for name in Correction.__slots__}
    return Correction(**said | {"at": utc(row["at"])})
