"""The analysis as a job: of the calls it should be of, from what is on record, once, and again when it failed."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from app.analysis.work import KIND, Analyst, wishes
from app.call.commands import RecordEnd, RecordTurn
from app.gemini.texts import NotWritten, Written
from app.prices import shipped
from app.prompts.line import Line
from app.prompts.scorecard import Scorecard
from app.store import analyses
from app.store.analyses import Agreement, Correction, Made
from app.store.calls import CallRow, CallStart, share_of
from app.store.database import Database
from app.store.outbox import Wish, enqueue, listed
from app.store.worker import Worker
from app.store.writer import RecordWriter

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
START = CallStart("CA1", "store", "en-US", "+12025550143", "+12025550199", AT)
END = RecordEnd("completed", "assistant", 42.0)
TURN = RecordTurn(1, "caller", "Where is my order?", started_s=1.0)
STORE = Line("store", "Acme", ("*",), scorecard=Scorecard(tags=("order",)))
ANSWER = {
    "summary": "They asked for an order.",
    "reason": "Where an order is",
    "resolution": "solved",
    "sentiment": "neutral",
    "follow_ups": [],
    "tags": ["order"],
}


class Model:
    """Answers what it was told to, in turn; the last again and again."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str]] = []

    async def ask(self, told: str, asked: str, _: Mapping[str, object]) -> Written:
        self.asked.append((told, asked))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return Written(answer, {"prompt": 1_000_000, "response": 1_000_000})


@pytest.fixture
async def database(database: Database) -> Database:
    await database.open()
    return database


async def on_record(database: Database, *turns: RecordTurn, share: float = 100.0) -> None:
    """The call is on record, with the job that its end brings."""
    writer = RecordWriter(database, follow=lambda start, what: wishes(start, what, lambda _: share))
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(writer.run())
        records = writer.records_of(START)
        for turn in turns:
            records.turn(turn)
        records.end(END)
        assert await writer.drain(10)
        running.cancel()


async def then(connection: AsyncConnection, row: CallRow, made: Made) -> None:
    await enqueue(connection, Wish("event", made.call_sid, {"line": row.start.line}, call_sid=made.call_sid))


async def worked(database: Database, model: Model, now: datetime | None = None) -> None:
    analyst = Analyst(
        database, "gemini-3.5-flash-lite", model.ask, lambda: {"store": STORE}, then, shipped(), wall=lambda: AT
    )
    await Worker(database, [analyst.trade()], wall=lambda: now or datetime.now(UTC)).look()


async def states(database: Database) -> list[tuple[str, str]]:
    return [(job.state, job.reason) for job in await listed(database, kind=KIND)]


async def test_a_call_is_analysed_and_what_follows_is_wished_for(database: Database) -> None:
    await on_record(database, TURN)
    model = Model(ANSWER)
    await worked(database, model)
    made = await analyses.of_call(database, "CA1")
    assert made is not None
    assert (made.analysis.resolution, made.analysis.tags, made.at) == ("solved", ("order",), AT)
    assert made.cost_usd == pytest.approx(2.80)
    ((told, asked),) = model.asked
    assert "of Acme" in told
    assert "Where is my order?" in asked
    assert "+12025550143" not in asked
    assert await states(database) == [("done", "")]
    assert [job.payload for job in await listed(database, kind="event")] == [{"line": "store"}]


async def test_it_is_done_once_however_often_the_job_is(database: Database) -> None:
    await on_record(database, TURN)
    model = Model(ANSWER)
    await worked(database, model)
    async with database.engine.begin() as connection:
        await enqueue(connection, Wish(KIND, "once more", call_sid="CA1"))
    await worked(database, model)
    assert len(model.asked) == len(await analyses.latest(database, 10)) == 1
    assert len(await listed(database, kind="event")) == 1


async def test_a_call_in_which_the_caller_said_nothing_is_left_alone(database: Database) -> None:
    await on_record(database, replace(TURN, side="assistant"), replace(TURN, number=2, heard=" "))
    model = Model(ANSWER)
    await worked(database, model)
    assert (model.asked, await states(database)) == ([], [("done", "")])


async def test_what_failed_is_tried_again_without_a_word_of_the_model_in_the_log(database: Database) -> None:
    await on_record(database, TURN)
    secret = {**ANSWER, "resolution": "a caller's words"}
    model = Model(NotWritten("status 429 RESOURCE_EXHAUSTED"), secret, ANSWER)
    now = datetime.now(UTC)
    with capture_logs() as logs:
        for hours, state in ((0, "status 429 RESOURCE_EXHAUSTED"), (2, "resolution breaks enum"), (4, "")):
            await worked(database, model, now + timedelta(hours=hours))
            assert (await states(database))[0][1] == state
    assert await states(database) == [("done", "")]
    assert "words" not in str(logs)


async def test_what_is_hopeless_is_given_up(database: Database) -> None:
    await on_record(database, TURN)
    await worked(database, Model(NotWritten("blocked: SAFETY", hopeless=True)))
    assert await states(database) == [("failed", "blocked: SAFETY")]


async def test_a_line_that_is_gone_is_analysed_without_its_scorecard(database: Database) -> None:
    await on_record(database, TURN)
    analyst = Analyst(database, "gemini-9", Model(ANSWER).ask, dict, then, shipped(), wall=lambda: AT)
    await Worker(database, [analyst.trade()]).look()
    made = await analyses.of_call(database, "CA1")
    assert made is not None
    assert (made.cost_usd, made.analysis.score) == (None, None)


def test_only_calls_with_something_in_them_are_analysed() -> None:
    def wished(end: object, share: float = 100.0) -> int:
        return len(list(wishes(START, end, lambda _: share)))

    assert wished(END) == 1
    assert wished(TURN) == wished(None) == wished(END, 0.0) == 0
    assert wished(replace(END, disposition="shed")) == wished(replace(END, duration_s=4.0)) == 0


def test_a_share_of_calls_is_that_share_and_always_the_same_calls() -> None:
    places = [share_of(f"CA{n}", KIND) for n in range(4_000)]
    assert 0.22 < sum(place < 25 for place in places) / 4_000 < 0.28
    assert share_of("CA7", KIND) == places[7]


async def test_what_people_say_stands_beside_the_model_and_their_agreement_is_counted(database: Database) -> None:
    await on_record(database, TURN)
    await worked(database, Model(ANSWER))

    def says(field: str, value: object, minutes: int, who: str = "maria") -> Correction:
        return Correction("CA1", field, value, who, AT + timedelta(minutes=minutes))

    said = [says("resolution", "no", 1), says("sentiment", "neutral", 2), says("tags", ["order"], 3)]
    await analyses.correct(database, *said)
    assert await analyses.corrections_of(database, "CA1") == said
    assert (await analyses.latest(database, 1))[0].analysis.resolution == "solved"
    assert await analyses.agreement(database, AT) == [
        Agreement("resolution", 1, 0),
        Agreement("sentiment", 1, 1),
        Agreement("tags", 1, 1),
    ]
    await analyses.correct(database, says("resolution", "solved", 9, "noor"))
    assert (await analyses.agreement(database, AT))[0].share == 1.0
    assert await analyses.agreement(database, AT + timedelta(days=1)) == []


def test_scores_agree_when_they_are_close_and_tags_in_any_order() -> None:
    assert analyses.agrees("score", 80, 90)
    assert not analyses.agrees("score", 80, 91)
    assert not analyses.agrees("score", None, 80)
    assert analyses.agrees("tags", ("a", "b"), ["b", "a"])
