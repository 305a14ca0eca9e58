"""Alerts over many calls, on both databases: opened once, resolved once, told by mail, Slack and webhook."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator

from app.alerts.channels import Channel, MailServer
from app.alerts.measures import Measured, measure
from app.alerts.rules import Kind, Rule, read_rules
from app.alerts.telling import Crier, NotTold
from app.alerts.watch import Watch, judged, sentence
from app.store import alerts
from app.store.alerts import Alert
from app.store.database import Database
from app.store.outbox import listed
from app.store.tables import calls, flags, tool_uses, turns
from app.store.worker import Worker
from app.webhooks.endpoints import Endpoint
from app.webhooks.schemas import schema_of
from app.webhooks.sending import Guard, Sender
from app.webhooks.telling import Teller
from tests.alerts.mailbox import Mailbox, mailbox
from tests.webhooks.listener import Listener, listening

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def rule(of: Kind, above: float, names: Sequence[str] = (), *, line: str = "", window_min: int = 15) -> Rule:
    return Rule("r", of, above, above * 0.8, window_min, 20, line, says="Calls with silence", names=tuple(names))


SILENT = rule("flags", 5, ["tone", "no_answer"])


@pytest.fixture
async def database(database: Database) -> Database:
    await database.open()
    return database


class Calls:
    """Calls on record, a minute ago unless it is said otherwise."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._made = 0

    async def made(self, n: int, ago_min: float = 1, flag: str = "", **about: object) -> list[str]:
        began = AT - timedelta(minutes=ago_min)
        usual = {"line": "store", "language": "en", "caller": "", "called": "", "disposition": "completed"}
        names = [f"CA{self._made + k:04}" for k in range(n)]
        self._made += n
        rows = [{**usual, "call_sid": name, "started_at": began, "cost_usd": 0.02, **about} for name in names]
        async with self._database.engine.begin() as connection:
            await connection.execute(calls.insert(), rows)
            if flag:
                flagged = {"name": flag, "at_s": 1.0, "detail": ""}
                await connection.execute(flags.insert(), [{"id": uuid4(), "call_sid": c, **flagged} for c in names])
        return names

    async def answered(self, call_sid: str, *gaps_ms: int | None) -> None:
        turn = {"side": "assistant", "heard": "", "unheard": "", "started_s": 0.0, "ended_s": 1.0, "interrupted": False}
        rows = [
            {"id": uuid4(), "call_sid": call_sid, "number": n, "gap_ms": gap, **turn} for n, gap in enumerate(gaps_ms)
        ]
        async with self._database.engine.begin() as connection:
            await connection.execute(turns.insert(), rows)

    async def used(self, call_sid: str, *statuses: str) -> None:
        use = {"model_id": "", "name": "t", "args": {}, "response": {}, "took_ms": 1, "at_s": 1.0, "effect": False}
        rows = [{"id": uuid4(), "call_sid": call_sid, "status": status, "key": "", **use} for status in statuses]
        async with self._database.engine.begin() as connection:
            await connection.execute(tool_uses.insert(), rows)


@pytest.fixture
def on_record(database: Database) -> Calls:
    return Calls(database)


# ---- what is measured


async def test_flagged_calls_are_a_share_of_those_in_the_window(database: Database, on_record: Calls) -> None:
    await on_record.made(30)
    bad = await on_record.made(2, flag="tone")
    await on_record.made(5, flag="language_drift")
    await on_record.made(9, ago_min=20, flag="tone")
    await on_record.made(3, disposition=None, flag="tone")
    found = await measure(database, SILENT, AT)
    assert (found.n, sorted(found.calls)) == (37, bad)
    assert found.value == pytest.approx(100 * 2 / 37)
    assert (await measure(database, rule("flags", 5, ["tone"], line="bank"), AT)).n == 0


async def test_ends_are_a_share_too(database: Database, on_record: Calls) -> None:
    await on_record.made(3)
    await on_record.made(1, disposition="failed")
    assert (await measure(database, rule("dispositions", 1, ["failed", "shed"]), AT)).value == 25.0


async def test_waits_are_told_by_the_slowest_twentieth(database: Database, on_record: Calls) -> None:
    one, two = await on_record.made(2)
    await on_record.answered(one, None, *range(100, 1_900, 100))
    await on_record.answered(two, 9_000, 8_000)
    assert await measure(database, rule("turn_gap", 2_000), AT) == Measured(8_000.0, 20, (two,))
    assert await measure(database, rule("turn_gap", 2_000), AT + timedelta(days=1)) == Measured(0.0, 0)


async def test_uses_of_tools_that_failed_are_counted(database: Database, on_record: Calls) -> None:
    one, two = await on_record.made(2)
    await on_record.used(one, "ok", "confirm", "refused")
    await on_record.used(two, "error", "timeout")
    assert await measure(database, rule("tool_errors", 10), AT) == Measured(40.0, 5, (two,))


async def test_what_a_day_cost_is_summed(database: Database, on_record: Calls) -> None:
    await on_record.made(2, ago_min=600)
    (dear,) = await on_record.made(1, cost_usd=3.0)
    await on_record.made(1, cost_usd=None)
    found = await measure(database, rule("cost", 2, window_min=1_440), AT)
    assert found.value == pytest.approx(3.04)
    assert (found.n, found.calls[0]) == (4, dear)


async def test_every_shipped_rule_can_be_measured(database: Database) -> None:
    for one in read_rules()[0]:
        assert (await measure(database, one, AT)).value == 0.0


# ---- what it means


OPEN = Alert(uuid4(), "r", "warning", "open", "", 6.0, (), AT, AT)


@pytest.mark.parametrize(
    ("value", "n", "alert", "minutes", "change"),
    [
        (5.1, 20, None, 0, "open"),
        (5.1, 19, None, 0, "none"),
        (5.0, 20, None, 0, "none"),
        (5.1, 20, OPEN, 1, "still"),
        (4.5, 20, OPEN, 1, "none"),
        (4.0, 20, OPEN, 1, "resolve"),
        (0.0, 19, OPEN, 60, "none"),
        (0.0, 19, OPEN, 61, "resolve"),
    ],
)
def test_an_alert_opens_above_and_ends_well_below(
    value: float, n: int, alert: Alert | None, minutes: int, change: str
) -> None:
    assert judged(SILENT, Measured(value, n), alert, AT + timedelta(minutes=minutes)) == change


def test_it_is_told_in_one_sentence() -> None:
    assert sentence(SILENT, Measured(7.5, 40)) == "Calls with silence: 7.5 % of 40 calls in 15 min (limit 5 %)"
    slow = rule("turn_gap", 2_500, line="store")
    told = "Calls with silence on store: 3120 ms, 41 answers in 15 min (limit 2500 ms)"
    assert sentence(slow, Measured(3_120.0, 41)) == told


# ---- who is told


class World:
    """A house with a mailbox, a Slack and a receiver on this machine; its clock is set by hand."""

    def __init__(self, database: Database, box: Mailbox, listener: Listener) -> None:
        self.database = database
        self.box = box
        self.listener = listener
        self.now = AT
        self.sender = Sender(Guard(here=True))
        self.channels = (Channel("mail", "ops@example.com"), Channel("slack", f"{listener.url}/slack"))
        self.mail = MailServer("127.0.0.1", box.port, False, "frontline@example.com")
        self.crier = Crier(self.channels, self.mail, self.sender)
        self.endpoints = (Endpoint(f"{listener.url}/hook", b"k" * 32, frozenset({"alert.opened", "alert.resolved"})),)

    async def minute(self, rules: Sequence[Rule] = (SILENT,)) -> None:
        """A look at the rules; then what is to be told of it is told."""
        await Watch(self.database, rules, self.channels, self.endpoints, wall=lambda: self.now).look()
        teller = Teller(self.database, self.endpoints, self.sender)
        await Worker(self.database, [self.crier.trade(), teller.trade()]).look()
        self.now += timedelta(minutes=1)

    def told(self, path: str) -> list[dict[str, object]]:
        return [json.loads(got.body) for got in self.listener.got if got.path == path]


@pytest.fixture
async def world(database: Database) -> AsyncIterator[World]:
    async with mailbox() as box, listening() as listener:
        listener.answers = ["200 OK"] * 20
        world = World(database, box, listener)
        yield world
        await world.sender.close()


async def test_an_alert_is_told_once_when_it_opens_and_once_when_it_is_over(world: World, on_record: Calls) -> None:
    bad = await on_record.made(3, flag="tone")
    await on_record.made(37)
    for _ in range(3):
        await world.minute()
    (alert,) = await alerts.listed(world.database, state="open")
    assert (alert.told, set(alert.calls)) == ("Calls with silence: 7.5 % of 40 calls in 15 min (limit 5 %)", set(bad))
    await on_record.made(60)
    for _ in range(3):
        await world.minute()
    assert await alerts.listed(world.database, state="open") == []
    assert [mail["Subject"] for mail in world.box.mails] == ["[Frontline] warning: r", "[Frontline] resolved: r"]
    assert world.box.mails[0]["To"] == "ops@example.com"
    first = str(world.box.mails[0].get_payload())
    assert f"frontline why {bad[0]}" in first
    assert f"frontline alerts ack {str(alert.id)[:8]} --by NAME" in first
    assert [str(one["text"])[:16] for one in world.told("/slack")] == ["*[Frontline] war", "*[Frontline] res"]
    events = world.told("/hook")
    assert [event["type"] for event in events] == ["alert.opened", "alert.resolved"]
    for event in events:
        Draft202012Validator(schema_of(str(event["type"]))).validate(event)


async def test_two_processes_that_look_at_once_open_one_alert(world: World, on_record: Calls) -> None:
    await on_record.made(20, flag="tone")
    watch = Watch(world.database, [SILENT], world.channels, wall=lambda: AT)
    await watch.look()
    known: dict[str, Alert] = {}
    # The other had looked before the first wrote.
    await watch._change("open", SILENT, Measured(100.0, 20), known.get("r"), {})
    assert len(await alerts.listed(world.database)) == 1
    assert len(await listed(world.database, kind="alert")) == 2


async def test_of_a_muted_rule_nobody_is_told_and_the_alert_is_on_record(world: World, on_record: Calls) -> None:
    await on_record.made(20, flag="tone")
    await alerts.mute(world.database, "r", AT + timedelta(hours=1), "maria")
    await world.minute()
    assert len(await alerts.listed(world.database, state="open")) == 1
    assert world.box.mails == []
    assert world.listener.got == []
    await alerts.mute(world.database, "r", AT - timedelta(hours=1), "maria")
    assert await alerts.muted(world.database, AT) == {}


async def test_an_alert_whose_rule_is_gone_is_over(world: World, on_record: Calls) -> None:
    await on_record.made(20, flag="tone")
    await world.minute()
    await world.minute([])
    assert [alert.state for alert in await alerts.listed(world.database)] == ["resolved"]


async def test_somebody_sees_to_it(world: World, on_record: Calls) -> None:
    await on_record.made(20, flag="tone")
    await world.minute()
    (alert,) = await alerts.listed(world.database)
    await alerts.ack(world.database, alert.id, "maria", AT)
    (alert,) = await alerts.listed(world.database)
    assert (alert.acked_by, alert.acked_at) == ("maria", AT)


async def test_a_mail_that_is_refused_for_now_is_sent_again(world: World, on_record: Calls) -> None:
    world.box.refuse = "451 later"
    await on_record.made(20, flag="tone")
    await world.minute()
    (job,) = await listed(world.database, kind="alert", state="waiting")
    assert job.reason.startswith("mail: ")
    later = datetime.now(UTC) + timedelta(hours=1)
    await Worker(world.database, [world.crier.trade()], wall=lambda: later).look()
    assert len(world.box.mails) == 1


async def test_what_no_channel_can_take_is_said(world: World) -> None:
    nobody = Crier(world.channels, None, world.sender)
    with pytest.raises(NotTold, match="there is no FRONTLINE_SMTP"):
        await nobody.tell(world.channels[0], "a", "b")
    world.listener.answers = ["404 Not Found"]
    with pytest.raises(NotTold, match="status 404") as failed:
        await world.crier.tell(world.channels[1], "a", "b")
    assert failed.value.hopeless


async def test_it_is_looked_at_every_minute_by_one(world: World) -> None:
    watch = Watch(world.database, [SILENT], wall=lambda: AT)
    now = datetime.now(UTC) + timedelta(seconds=1)
    workers = [Worker(world.database, [watch.trade()], wall=lambda: now) for _ in range(2)]
    for worker in workers:
        await worker.begin()
    assert [await worker.look() for worker in workers] == [2, 0]  # the other is tidying up
    (job,) = await listed(world.database, kind="alerts")
    assert job.run_at == now + timedelta(minutes=1)
