"""Figures of many calls for whoever looks at them again and again: those of calls that are over are made once."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from app.meaning.call import CallFigures, figures_of
from app.meaning.record import complete, newest_rows, newest_sids
from app.store.calls import CallRow
from app.store.database import Database

MOST_KEPT: Final = 10_000  # calls; a kilobyte each
AT_ONCE: Final = 25  # calls whose rows are read in one go: the event loop has calls to lead meanwhile
SETTLED: Final = timedelta(minutes=10)  # after its end, nothing more is written of a call that figures are made of


class Figured:
    """Keeps the figures of calls that are over, the latest asked for."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, CallFigures] = OrderedDict()

    async def newest(
        self, database: Database, most: int, *, since: datetime, line: str = "", version: str = ""
    ) -> Sequence[CallFigures]:
        """Of the ``most`` newest calls since then, of a line, of a version by the beginning of its id."""
        rows = await newest_rows(database, most, since=since, line=line or None, version=version or None)
        found = {sid: self._known[sid] for row in rows if (sid := row.start.call_sid) in self._known}
        new = [row for row in rows if row.start.call_sid not in found]
        for first in range(0, len(new), AT_ONCE):
            some = new[first : first + AT_ONCE]
            found |= {record.start.call_sid: figures_of(record) for record in await complete(database, some)}
        self._keep(rows, found)
        return [found[row.start.call_sid] for row in rows]

    async def missing(
        self, database: Database, most: int, *, since: datetime, line: str = "", version: str = ""
    ) -> int:
        """Of how many of these calls the figures are not known, and have to be made first."""
        sids = await newest_sids(database, most, since=since, line=line or None, version=version or None)
        return sum(sid not in self._known for sid in sids)

    def _keep(self, rows: Sequence[CallRow], found: dict[str, CallFigures]) -> None:
        now = datetime.now(UTC)
        for row in rows:
            if _is_settled(row, now):
                self._known[row.start.call_sid] = found[row.start.call_sid]
                self._known.move_to_end(row.start.call_sid)
        while len(self._known) > MOST_KEPT:
            self._known.popitem(last=False)


def _is_settled(row: CallRow, now: datetime) -> bool:
    return row.end is not None and now - row.start.started_at > timedelta(seconds=row.end.duration_s) + SETTLED
