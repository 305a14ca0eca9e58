"""What happens after a call and because of it: which jobs a record brings, and who does them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from app.analysis import work as analysis
from app.analysis.work import Analyst
from app.gemini.texts import TextModel
from app.lines.trial import TriedLines
from app.settings import Settings
from app.store.analyses import Made
from app.store.calls import CallRow, CallStart
from app.store.database import Database
from app.store.outbox import Wish, enqueue
from app.store.worker import Worker
from app.webhooks import events
from app.webhooks.sending import Guard, Sender
from app.webhooks.telling import Teller


@dataclass(frozen=True, slots=True)
class Afterwards:
    """The jobs of one house. ``lines`` are read when a job is wished for or done: they change."""

    settings: Settings
    database: Database
    lines: TriedLines

    def follow(self, start: CallStart, what: object) -> Iterator[Wish]:
        """The jobs that a record brings; written with it."""
        yield from analysis.wishes(start, what, self._share)
        for event in events.of_record(start, what):
            yield from events.wishes(event, self.settings.endpoints)

    def _share(self, line: str) -> float:
        found = self.lines.all().get(line)
        own = found.scorecard.share if found is not None else None
        return self.settings.analysis_share if own is None else own

    def sender(self) -> Sender:
        """The connections to whoever is told of things."""
        return Sender(Guard(self.settings.webhook_hosts, here=self.settings.rehearsing))

    def worker(self, name: str, texts: TextModel, sender: Sender) -> Worker:
        """Who does them in this process. ``texts`` analyses calls."""
        ask = partial(texts.written, most_tokens=analysis.MOST_TOKENS)
        analyst = Analyst(self.database, texts.name, ask, self.lines.all, self._analysed)
        teller = Teller(self.database, self.settings.endpoints, sender, self.settings.webhook_details)
        return Worker(self.database, [analyst.trade(), teller.trade()], name=name)

    async def _analysed(self, connection: AsyncConnection, row: CallRow, made: Made) -> None:
        told = events.of_analysis(row.start, made)
        await enqueue(connection, *events.wishes(told, self.settings.endpoints))
