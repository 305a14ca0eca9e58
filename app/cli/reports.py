"""`frontline report`, the figures of many calls, and `frontline why`, the story of one."""

import contextlib
import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.ends import Json, wrong
from app.cli.opened import with_database, with_settings

if TYPE_CHECKING:
    from app.meaning.call import CallFigures
    from app.meaning.values import Value
    from app.meaning.why import Moment
    from app.settings import Settings
    from app.store.database import Database

_SPANS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

Line = Annotated[str | None, typer.Option(help="Calls of this line alone.")]
Since = Annotated[str, typer.Option(help="Calls that started since: `24h`, `7d`, or a date such as 2026-11-30.")]
Version = Annotated[
    str | None, typer.Option(help="Calls led by this version of their line, by the beginning of its id.")
]


def report(line: Line = None, since: Since = "24h", version: Version = None, as_json: Json = False) -> None:
    """What the calls were like: waits, speech, outcome, tools, cost; never an average alone."""
    from app.meaning.definitions import report as figured

    start = since_of(since, datetime.now(UTC))
    calls = with_database(lambda database: _calls(database, line, start, version))
    figures = figured(calls)
    if as_json:
        told = {"since": start.isoformat(), "line": line, "version": version, "calls": len(calls)}
        values = {name: value.as_json() for name, value in figures.items()}
        typer.echo(json.dumps(told | {"figures": values}, ensure_ascii=False, indent=2))
    else:
        typer.echo(shown(figures, len(calls), start))


async def _calls(database: "Database", line: str | None, since: datetime, version: str | None) -> "list[CallFigures]":
    from app.meaning.call import figures_of
    from app.meaning.record import records

    found = records(database, since=since, line=line, version=version)
    return [figures_of(record) async for record in found]


def since_of(text: str, now: datetime) -> datetime:
    """A moment: so long ago, or a date (UTC unless it says otherwise)."""
    span = re.fullmatch(r"(\d+)([mhdw])", text.strip())
    if span:
        return now - timedelta(**{_SPANS[span[2]]: int(span[1])})
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise typer.BadParameter("write how long ago, such as 24h or 7d, or a date such as 2026-11-30") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def shown(figures: "dict[str, Value]", calls: int, since: datetime) -> str:
    """The figures in groups, for people."""
    from app.meaning.definitions import METRICS

    rows, group = [f"{calls} calls since {since:%Y-%m-%d %H:%M} UTC"], ""
    for metric in METRICS:
        if metric.group != group:
            group = metric.group
            rows += ["", group]
        rows.append(f"  {metric.name:<26}{figures[metric.name].shown(metric.unit)}")
    return "\n".join(rows)


def why(
    call_sid: Annotated[str, typer.Argument(metavar="CALL", help="The call's CallSid.")], as_json: Json = False
) -> None:
    """What made the caller wait, who interrupted whom, what was not heard, what failed, what it cost, how it ended."""
    moments = with_settings(lambda settings, database: _moments(settings, database, call_sid))
    if moments is None:
        raise wrong(f"There is no call {call_sid}, neither in the database nor as a journal.")
    if as_json:
        typer.echo(json.dumps([moment.as_json() for moment in moments], ensure_ascii=False, indent=2))
    else:
        typer.echo("\n".join(f"{_clock(moment.at_s)}  {moment.kind:<8} {moment.text}" for moment in moments))


async def _moments(settings: "Settings", database: "Database", call_sid: str) -> "list[Moment] | None":
    from app.meaning.record import record_in, record_of
    from app.meaning.why import steps_of
    from app.meaning.why import why as told
    from app.store.journal import NotAJournal

    folder = settings.data / "journals"
    record = await record_of(database, call_sid)
    if record is None:
        with contextlib.suppress(NotAJournal):
            record = record_in(folder, call_sid)
    return None if record is None else told(record, steps_of(folder, call_sid))


def _clock(at_s: float) -> str:
    return f"{int(at_s) // 60:3}:{at_s % 60:04.1f}"
