"""What happens after a call and because of it: which jobs a record brings, and who does them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from app.alerts.channels import channels_in, mail_server
from app.alerts.rules import Rule
from app.alerts.telling import Crier
from app.alerts.watch import Watch
from app.analysis import work as analysis
from app.analysis.work import Analyst
from app.gemini.texts import TextModel
from app.lines.trial import TriedLines
from app.meaning.billing import Billing
from app.settings import Settings
from app.store.analyses import Made
from app.store.calls import CallRow, CallStart
from app.store.database import Database
from app.store.outbox import Wish, enqueue
from app.store.worker import Worker
from app.webhooks import events
from app.webhooks.sending import Guard, Sender
from app.webhooks.telling import Teller


def sender_for(settings: Settings) -> Sender:
    """The connections to whoever is told of things."""
    return Sender(Guard(settings.webhook_hosts, here=settings.rehearsing))


def crier_for(settings: Settings, sender: Sender) -> Crier:
    """Who tells of alerts."""
    channels = channels_in(settings.alert_channels.get_secret_value()) if settings.alert_channels else ()
    mail = mail_server(settings.smtp.get_secret_value()) if settings.smtp else None
    return Crier(channels, mail, sender)


@dataclass(frozen=True, slots=True)
class Afterwards:
    """The jobs of one house. ``lines`` are read when a job is wished for or done: they change."""

    settings: Settings
    database: Database
    lines: TriedLines
    rules: tuple[Rule, ...] = ()

    def follow(self, start: CallStart, what: object) -> Iterator[Wish]:
        """The jobs that a record brings; written with it."""
        yield from analysis.wishes(start, what, self._share)
        for event in events.of_record(start, what):
            yield from events.wishes(event, self.settings.endpoints)

    def _share(self, line: str) -> float:
        found = self.lines.all().get(line)
        own = found.scorecard.share if found is not None else None
        return self.settings.analysis_share if own is None else own

    def worker(self, name: str, texts: TextModel, sender: Sender, billing: Billing) -> Worker:
        """Who does them in this process. ``texts`` analyses calls."""
        ask = partial(texts.written, most_tokens=analysis.MOST_TOKENS)
        analyst = Analyst(self.database, texts.name, ask, self.lines.all, self._analysed, billing.prices)
        teller = Teller(self.database, self.settings.endpoints, sender, self.settings.webhook_details)
        crier = crier_for(self.settings, sender)
        watch = Watch(self.database, self.rules, crier.channels, self.settings.endpoints)
        trades = [one.trade() for one in (analyst, teller, watch, crier, billing)]
        return Worker(self.database, trades, name=name)

    async def _analysed(self, connection: AsyncConnection, row: CallRow, made: Made) -> None:
        told = events.of_analysis(row.start, made)
        await enqueue(connection, *events.wishes(told, self.settings.endpoints))
