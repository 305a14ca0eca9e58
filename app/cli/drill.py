"""`frontline drill`: measure what the house promises."""

import json
import os
import shlex
import sys
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console

from app.cli.ends import FAILED, OK, WRONG_USE
from app.settings import Settings, SettingsError, load

if TYPE_CHECKING:
    from rich.table import Table

    from app.drill.verdict import Verdict

WIDTH = 160  # columns of a table that nobody sees in a terminal

Found = TypeVar("Found")
Show = Callable[[str], None]


def drill(
    short: Annotated[bool, typer.Option("--short", help="The rows that fit into ten minutes.")] = False,
    row: Annotated[list[str] | None, typer.Option("--row", help="This row only; again for another.")] = None,
    proof: Annotated[
        list[str] | None,
        typer.Option("--proof", help="With many calls: renewals, outage, viewers, sigterm or kill9."),
    ] = None,
    lines: Annotated[bool, typer.Option("--lines", help="Every line that ships, by its rehearsed callers.")] = False,
    line: Annotated[list[str] | None, typer.Option("--line", help="This line only; again for another.")] = None,
    keep: Annotated[Path | None, typer.Option("--keep", help="Folder for recordings, journals and logs.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document instead of text.")] = False,
) -> None:
    """Inject every fault of the fault matrix and measure what is promised; or phone the lines (--lines).

    Exit code 0 if every promise is kept.
    """
    console = Console(stderr=as_json, highlight=False, soft_wrap=True)
    if lines or line:
        _lines(tuple(line or ()), keep, console, as_json)
    verdicts = _matrix(tuple(row or ()), tuple(proof or ()), short, keep, console)
    _end([verdict.as_json() for verdict in verdicts], _table(verdicts), all(one.ok for one in verdicts), as_json)


def _lines(named: tuple[str, ...], keep: Path | None, console: Console, as_json: bool) -> None:
    from app.drill.lines import drill_lines, table
    from app.rehearsal.callers_lines import LINES

    names = named or tuple(LINES)
    unknown = [name for name in names if name not in LINES]
    if unknown:
        typer.echo(f"There are no callers for {', '.join(unknown)}. There are {', '.join(LINES)}.", err=True)
        raise typer.Exit(WRONG_USE)
    promised = _drilled(lambda settings, show: drill_lines(settings, names, show), keep, console)
    _end([one.as_json() for one in promised], table(promised), all(one.ok for one in promised), as_json)


def _matrix(
    names: tuple[str, ...], proofs: tuple[str, ...], short: bool, keep: Path | None, console: Console
) -> "list[Verdict]":
    from app.drill.matrix import chosen
    from app.drill.proofs import proven
    from app.drill.running import drill_matrix

    try:
        rows = proven(proofs) if proofs else chosen(names, short=short)
    except ValueError as wrong:
        typer.echo(str(wrong), err=True)
        raise typer.Exit(WRONG_USE) from wrong
    return _drilled(lambda settings, show: drill_matrix(settings, rows, show), keep, console)


def _drilled(
    work: Callable[[Settings, Show], Coroutine[object, object, Found]], keep: Path | None, console: Console
) -> Found:
    import uvloop

    from app.calling import CannotCall
    from app.rehearsal.speech import SpeechUnavailable
    from app.telemetry.logs import start_logs

    settings = own_settings(keep)
    stop_logs = start_logs("error", "text", settings.secrets, sys.stderr)
    console.print(f"everything is kept in {settings.data}", markup=False)
    try:
        return uvloop.run(work(settings, lambda text: console.print(text, markup=False)))
    except (CannotCall, SpeechUnavailable) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG_USE) from error
    finally:
        stop_logs()


def own_settings(keep: Path | None = None) -> Settings:
    """The settings, but for data and databases of the drill's own, and a Live stand-in that can be disturbed.

    They are put into the environment, too: that is where the server which is started takes them from.
    """
    from app.drill.effects import DATABASES
    from app.drill.lines import live_ready

    try:
        given = load({**os.environ})
    except SettingsError as error:
        typer.echo("\n".join(error.problems), err=True)
        raise typer.Exit(WRONG_USE) from error
    data = keep or given.data / f"drill-{datetime.now():%Y%m%d-%H%M%S}"
    data.mkdir(parents=True, exist_ok=True)
    options = os.environ.get("FRONTLINE_REHEARSAL_OPTIONS", "")
    ready = shlex.quote(str(live_ready(data).absolute()))
    # An empty value is none and goes before `.env`, which the server reads for itself.
    own = ("DATABASE_URL", "DATABASE_URL_FILE", *DATABASES)
    os.environ.update(dict.fromkeys(own, "") | {"FRONTLINE_REHEARSAL": "on"})
    os.environ["FRONTLINE_DATA"] = str(data)
    os.environ["FRONTLINE_REHEARSAL_OPTIONS"] = f"{options} --ready-file {ready}".strip()
    return load({**os.environ})


def _table(verdicts: "list[Verdict]") -> "Table":
    from app.drill.matrix import failures, table

    for line in failures(verdicts):
        typer.echo(line, err=True)
    return table(verdicts)


def _end(documents: list[dict[str, object]], table: "Table", ok: bool, as_json: bool) -> None:
    """Show what was measured, and go."""
    if as_json:
        typer.echo(json.dumps(documents, ensure_ascii=False, indent=2, default=str))
    else:
        console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
        console.print(table, markup=False)
    raise typer.Exit(OK if ok else FAILED)
