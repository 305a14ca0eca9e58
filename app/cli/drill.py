"""`frontline drill`: measure what the house promises."""

import asyncio
import json
import os
import shlex
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from app.settings import Settings, SettingsError, load

if TYPE_CHECKING:
    from app.drill.lines import Promise

OK, FAILED, WRONG_USE = 0, 1, 2
WIDTH = 160  # columns of a table that nobody sees in a terminal


def drill(
    lines: Annotated[bool, typer.Option("--lines", help="Every line that ships, by its rehearsed callers.")] = False,
    line: Annotated[list[str] | None, typer.Option("--line", help="This line only; again for another.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document instead of text.")] = False,
) -> None:
    """Phone the lines with their rehearsed callers, count what they leave; exit code 0 if every promise is kept."""
    from app.rehearsal.callers_lines import LINES

    names = tuple(line or (LINES if lines else ()))
    unknown = [name for name in names if name not in LINES]
    if not names or unknown:
        wrong = f"There are no callers for {', '.join(unknown)}." if unknown else "Nothing is named to be drilled."
        typer.echo(f"{wrong} Write --lines, or --line and one of {', '.join(LINES)}.", err=True)
        raise typer.Exit(WRONG_USE)
    console = Console(stderr=as_json, highlight=False, soft_wrap=True)
    promised = _drilled(names, console)
    if as_json:
        typer.echo(json.dumps([promise.as_json() for promise in promised], ensure_ascii=False, indent=2))
    else:
        _show_table(promised)
    raise typer.Exit(OK if all(promise.ok for promise in promised) else FAILED)


def _drilled(names: tuple[str, ...], console: Console) -> "list[Promise]":
    from app.calling import CannotCall
    from app.drill.lines import drill_lines
    from app.rehearsal.speech import SpeechUnavailable
    from app.telemetry.logs import start_logs

    settings = own_settings()
    stop_logs = start_logs("error", "text", settings.secrets, sys.stderr)
    console.print(f"everything is kept in {settings.data}", markup=False)
    try:
        return asyncio.run(drill_lines(settings, names, lambda text: console.print(text, markup=False)))
    except (CannotCall, SpeechUnavailable) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG_USE) from error
    finally:
        stop_logs()


def own_settings() -> Settings:
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
    data = given.data / f"drill-{datetime.now():%Y%m%d-%H%M%S}"
    data.mkdir(parents=True, exist_ok=True)
    options = os.environ.get("FRONTLINE_REHEARSAL_OPTIONS", "")
    ready = shlex.quote(str(live_ready(data).absolute()))
    # An empty value is none and goes before `.env`, which the server reads for itself.
    own = ("DATABASE_URL", "DATABASE_URL_FILE", *DATABASES)
    os.environ.update(dict.fromkeys(own, "") | {"FRONTLINE_REHEARSAL": "on"})
    os.environ["FRONTLINE_DATA"] = str(data)
    os.environ["FRONTLINE_REHEARSAL_OPTIONS"] = f"{options} --ready-file {ready}".strip()
    return load({**os.environ})


def _show_table(promised: "list[Promise]") -> None:
    from app.drill.lines import table

    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    console.print(table(promised), markup=False)
