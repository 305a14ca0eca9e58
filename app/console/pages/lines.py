"""Lines: each with how it stands and what its week was like; one of them whole."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from starlette.responses import Response

from app.console.asked import Asked
from app.console.guard import Pages
from app.console.hours import TICKS, week
from app.console.pages.lines_found import answering, entrance, shop_of
from app.console.pages.shown import tone
from app.console.patience import PAUSES_MS, rows
from app.console.permissions import Permission
from app.edits import EditError
from app.gemini.models import VOICES
from app.lines import publishing, workshop
from app.lines.content import shown
from app.lines.standing import Standing, standing
from app.prompts.line import Line
from app.prompts.tongues import own_name
from app.store import tallies, versions
from app.store.versions import FILES, Board

WEEK: Final = timedelta(days=6)  # and today
TONES: Final = ("good", "quiet", "info", "warn", "bad")  # the order of a bar
RECENT: Final = 5
SERVED_WITHIN: Final = timedelta(seconds=15)

pages = Pages([])


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The calls of a week by how they ended, with what is drawn of them: tone, from and width in percent."""

    counts: Mapping[str, int]
    parts: tuple[tuple[str, float, float], ...]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list; ``problem`` says why there is nothing else to tell."""

    name: str
    stands: Standing | None
    outcomes: Outcomes
    problem: str = ""


@pages.page("/lines", Permission.SEE_LINES)
async def lines_listed(asked: Asked) -> Response:
    """What is wrong with a line comes by itself, after the page: reading a line takes a moment."""
    since = _week_began()
    names = await workshop.line_names(shop_of(asked))
    counted = await tallies.outcomes(asked.parts.database, names, since)
    board = await versions.board(asked.parts.database, names)
    found = [await _row(asked, name, counted[name], board) for name in names]
    return asked.show("lines/list.html", rows=found, since=since.date(), shown=shown, files=FILES)


async def _row(asked: Asked, name: str, counts: Mapping[str, int], board: Board) -> Row:
    try:
        return Row(name, await standing(shop_of(asked), name, board), outcomes_of(counts))
    except (EditError, workshop.Unknown) as error:
        return Row(name, None, outcomes_of(counts), str(error))


def _week_began() -> datetime:
    return datetime.combine((datetime.now(UTC) - WEEK).date(), time(), UTC)


def outcomes_of(counts: Mapping[str, int]) -> Outcomes:
    """Calls by outcome, the most frequent first."""
    ordered = dict(sorted(counts.items(), key=lambda item: -item[1]))
    return Outcomes(ordered, tuple(_parts(ordered)))


def _parts(counts: Mapping[str, int]) -> Iterable[tuple[str, float, float]]:
    total, at = sum(counts.values()), 0.0
    tones = {outcome: tone(outcome) if outcome != tallies.GOING_ON else "info" for outcome in counts}
    for one in TONES:
        width = 100 * sum(count for outcome, count in counts.items() if tones[outcome] == one) / max(total, 1)
        if width:
            yield one, round(at, 2), round(width, 2)
        at += width


@pages.page("/lines/{line}/findings", Permission.SEE_LINES)
@answering
async def line_findings(asked: Asked) -> Response:
    """What `check` says of what is live, for the list."""
    shop, name = shop_of(asked), asked.path["line"]
    content = await workshop.live_content(shop, await workshop.known(shop, name))
    proof = await asked.parts.proofs.of(content)
    if not asked.partial:
        return asked.go(f"{entrance(name)}#findings")
    return asked.show("lines/findings.html", proof=proof, name=name)


@pages.page("/lines/{line}", Permission.SEE_LINES)
@answering
async def line_shown(asked: Asked) -> Response:
    """Everything of one line as callers get it."""
    shop, name, since = shop_of(asked), asked.path["line"], _week_began()
    stands = await standing(shop, name)
    proof = await asked.parts.proofs.of(stands.content)
    counted = await tallies.outcomes(asked.parts.database, [name], since)
    return asked.show(
        "lines/line.html",
        **_of_line(asked, proof.line),
        name=name,
        stands=stands,
        proof=proof,
        outcomes=outcomes_of(counted[name]),
        by_version=await tallies.by_version(asked.parts.database, name, since),
        since=since.date(),
        changes=stands.changes[:RECENT],
        served=_is_served(asked, stands),
        stuck=_is_stuck(stands),
        shown=shown,
        tone=tone,
        files=FILES,
        own_name=own_name,
        back_to=publishing.previous_in(stands.changes, stands.live),
    )


def _of_line(asked: Asked, line: Line | None) -> dict[str, object]:
    """What is drawn of a line that can be read."""
    if line is None:
        return {"line": None}
    return {
        "line": line,
        "week": week(line.hours, asked.words),
        "handoff_week": week(line.handoff_hours, asked.words) if line.handoff_number else (),
        "ticks": TICKS,
        "patience": rows(line),
        "pauses": PAUSES_MS,
        "voices": VOICES,
    }


def _is_served(asked: Asked, stands: Standing) -> bool:
    """Whether this process answers calls with what is live, and with the canary; a change takes it a moment."""
    served = {one.version for one in asked.parts.lines.states()}
    return {stands.content.id, stands.live.canary_version or stands.content.id} <= served


def _is_stuck(stands: Standing) -> bool:
    """Whether it would have to be served by now."""
    return stands.live.version != FILES and datetime.now(UTC) - stands.live.changed_at > SERVED_WITHIN


@pages.page("/lines/{line}/served", Permission.SEE_LINES)
@answering
async def line_served(asked: Asked) -> Response:
    """Whether the next call has what is live, asked again until it does."""
    stands = await standing(shop_of(asked), asked.path["line"])
    served = _is_served(asked, stands)
    return asked.show("lines/served.html", name=asked.path["line"], served=served, stuck=_is_stuck(stands))
