"""Figures of many calls for whoever looks at them again and again: those of calls that are over are made once."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from app.meaning.call import CallFigures, figures_of
from app.meaning.record import complete, rows_of
from app.store.calls import CallRow
from app.store.database import Database

MOST_KEPT: Final = 10_000  # calls; a kilobyte each
AT_ONCE: Final = 25  # calls whose rows are read in one go: the event loop has calls to lead meanwhile
SETTLED: Final = timedelta(minutes=10)  # after its end, nothing more is written of a call that figures are made of


class Figured:
    """Keeps the figures of calls that are over, the latest asked for."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, CallFigures] = OrderedDict()

    def missing(self, sids: Sequence[str]) -> int:
        """Of how many of these calls the figures are not known, and have to be made first."""
        return sum(sid not in self._known for sid in sids)

    async def of(self, database: Database, sids: Sequence[str]) -> list[CallFigures]:
        """Of the calls with these CallSids that are on record, in their order."""
        found = {sid: self._known[sid] for sid in sids if sid in self._known}
        self._used(found)
        new = [sid for sid in sids if sid not in found]
        for first in range(0, len(new), AT_ONCE):
            rows = await rows_of(database, new[first : first + AT_ONCE])
            made = {record.start.call_sid: figures_of(record) for record in await complete(database, rows)}
            self._keep(rows, made)
            found |= made
        return [found[sid] for sid in sids if sid in found]

    def _used(self, found: Iterable[str]) -> None:
        for sid in found:
            self._known.move_to_end(sid)

    def _keep(self, rows: Sequence[CallRow], made: Mapping[str, CallFigures]) -> None:
        now = datetime.now(UTC)
        settled = [row.start.call_sid for row in rows if _is_settled(row, now)]
        self._known |= {sid: made[sid] for sid in settled}
        while len(self._known) > MOST_KEPT:
            self._known.popitem(last=False)


def _is_settled(row: CallRow, now: datetime) -> bool:
    return row.end is not None and now - row.start.started_at > timedelta(seconds=row.end.duration_s) + SETTLED
