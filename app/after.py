"""What happens after a call and because of it: which jobs a record brings, and who does them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from app.analysis import work as analysis
from app.analysis.work import Analyst
from app.gemini.texts import TextModel
from app.lines.trial import TriedLines
from app.settings import Settings
from app.store.calls import CallStart
from app.store.database import Database
from app.store.outbox import Wish
from app.store.worker import Worker


@dataclass(frozen=True, slots=True)
class Afterwards:
    """The jobs of one house. ``lines`` are read when a job is wished for or done: they change."""

    settings: Settings
    database: Database
    lines: TriedLines

    def follow(self, start: CallStart, what: object) -> Iterator[Wish]:
        """The jobs that a record brings; written with it."""
        yield from analysis.wishes(start, what, self._share)

    def _share(self, line: str) -> float:
        found = self.lines.all().get(line)
        own = found.scorecard.share if found is not None else None
        return self.settings.analysis_share if own is None else own

    def worker(self, name: str, texts: TextModel) -> Worker:
        """Who does them in this process. ``texts`` analyses calls."""
        ask = partial(texts.written, most_tokens=analysis.MOST_TOKENS)
        analyst = Analyst(self.database, texts.name, ask, self.lines.all, _nothing)
        return Worker(self.database, [analyst.trade()], name=name)


async def _nothing(*_: object) -> None:
    """Nothing follows from an analysis yet."""
