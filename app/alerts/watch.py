"""Looks at the rules once a minute, in one process at a time: an alert opens once and is resolved once, each told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from uuid import uuid4

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from app.alerts.channels import Channel
from app.alerts.measures import Measured, measure
from app.alerts.rules import Rule
from app.store import alerts
from app.store.alerts import Alert
from app.store.database import Database
from app.store.outbox import Job, Wish, enqueue
from app.store.worker import Trade
from app.webhooks import events
from app.webhooks.endpoints import Endpoint
from app.webhooks.events import Event

KIND: Final = "alerts"
TELL: Final = "alert"
EVERY_S: Final = 60.0
FORGOTTEN_AFTER: Final = 4  # windows without enough calls to tell: then an open alert is over, too

Change = Literal["open", "still", "resolve", "none"]

log = structlog.get_logger(__name__)


def judged(rule: Rule, found: Measured, alert: Alert | None, now: datetime) -> Change:
    """What a measurement means for a rule, with its open alert or without one. Pure.

    Between the limit and what is well again nothing changes, so that no alert opens and closes by turns.
    """
    if found.n >= rule.fewest and found.value > rule.above:
        return "open" if alert is None else "still"
    if alert is None:
        return "none"
    well = found.n >= rule.fewest and found.value <= rule.clear
    forgotten = now - alert.seen_at > FORGOTTEN_AFTER * timedelta(minutes=rule.window_min)
    return "resolve" if well or forgotten else "none"


def sentence(rule: Rule, found: Measured) -> str:
    """What is wrong, in words and figures."""
    of = {"turn_gap": "answers", "tool_errors": "uses"}.get(rule.of, "calls")
    where = f" on {rule.line}" if rule.line else ""
    value = f"{found.value:.3g} % of" if rule.unit == "%" else f"{found.value:.4g} {rule.unit},"
    return f"{rule.says}{where}: {value} {found.n} {of} in {rule.window_min} min (limit {rule.above:g} {rule.unit})"


@dataclass(frozen=True, slots=True)
class Watch:
    """Watches the calls of one house."""

    database: Database
    rules: Sequence[Rule]
    channels: Sequence[Channel] = ()
    endpoints: Sequence[Endpoint] = ()
    wall: Callable[[], datetime] = lambda: datetime.now(UTC)

    def trade(self) -> Trade:
        return Trade(KIND, self.work, at_once=1, limit_s=30.0, first_s=EVERY_S, most_s=EVERY_S, recurs=True)

    async def work(self, _: Job) -> float:
        """Look at every rule; again in a minute."""
        await self.look()
        return EVERY_S

    async def look(self) -> None:
        now = self.wall()
        known = {alert.rule: alert for alert in await alerts.listed(self.database, state="open")}
        muted = await alerts.muted(self.database, now)
        for rule in self.rules:
            found = await measure(self.database, rule, now)
            change = judged(rule, found, known.get(rule.name), now)
            if change != "none":
                await self._change(change, rule, found, known.get(rule.name), muted)
        gone = [alert for name, alert in known.items() if name not in {rule.name for rule in self.rules}]
        for alert in gone:  # its rule is not there any more
            async with self.database.engine.begin() as connection:
                await alerts.resolve(connection, alert, now)

    async def _change(
        self, change: Change, rule: Rule, found: Measured, alert: Alert | None, muted: Mapping[str, datetime]
    ) -> None:
        """Keep what has changed, and whom to tell of it, in one transaction."""
        now = self.wall()
        async with self.database.engine.begin() as connection:
            if alert is None:
                told = sentence(rule, found)
                alert = Alert(uuid4(), rule.name, rule.severity, "open", told, found.value, found.calls, now, now)
                changed = await alerts.open_alert(connection, alert)
            elif change == "still":
                await alerts.seen(connection, alert, now, found.value, found.calls)
                return
            else:
                changed = await alerts.resolve(connection, alert, now)
            if changed and rule.name not in muted:
                await self._tell(connection, alert, change, now)
        if changed and change == "open":
            log.warning("alert opened", rule=rule.name, told=alert.told, next="frontline alerts list")
        elif changed:
            log.info("alert resolved", rule=rule.name)

    async def _tell(self, connection: AsyncConnection, alert: Alert, change: Change, now: datetime) -> None:
        type = "alert.opened" if change == "open" else "alert.resolved"
        data = as_data(alert) | ({} if change == "open" else {"resolved_at": now.isoformat()})
        event = Event(type, str(alert.id), now, data)
        payloads = ((channel, {"channel": channel.id, "type": type, "data": data}) for channel in self.channels)
        jobs = [Wish(TELL, f"{event.id} {channel.id}", payload) for channel, payload in payloads]
        await enqueue(connection, *jobs, *events.wishes(event, self.endpoints))


def as_data(alert: Alert) -> dict[str, object]:
    """An alert as it is told: figures and ids."""
    return {
        "alert": str(alert.id),
        "rule": alert.rule,
        "severity": alert.severity,
        "told": alert.told,
        "value": round(alert.value, 4),
        "calls": list(alert.calls),
        "opened_at": alert.opened_at.isoformat(),
    }
