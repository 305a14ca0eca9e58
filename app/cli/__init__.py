"""The command `frontline`."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from app.cli.alerts import alerts_app
from app.cli.analysis import analysis
from app.cli.calls import call
from app.cli.console import console_app
from app.cli.drill import drill
from app.cli.ends import FAILED, OK, WRONG_USE, Json, wrong
from app.cli.events import events_app
from app.cli.jobs import jobs_app
from app.cli.keeping import erase, export, retain
from app.cli.lines import lines_app
from app.cli.lines_try import try_line
from app.cli.load import load as load_test
from app.cli.messages import messages_app
from app.cli.recordings import recording
from app.cli.records import calls, hold, note, show, tag
from app.cli.replay import replay
from app.cli.reports import report, why
from app.cli.tools import tools_app
from app.cli.tools_mcp import mcp_app
from app.settings import Settings, SettingsError, load

app = typer.Typer(help="Frontline answers a company's phone.", no_args_is_help=True, add_completion=False)
lines_app.command("try")(try_line)
app.add_typer(lines_app, name="lines")
tools_app.add_typer(mcp_app, name="mcp")
app.add_typer(tools_app, name="tools")
app.add_typer(messages_app, name="messages")
app.add_typer(jobs_app, name="jobs")
app.add_typer(events_app, name="events")
app.add_typer(alerts_app, name="alerts")
app.add_typer(console_app, name="console")
app.command()(call)
app.command()(drill)
app.command("load")(load_test)
app.command()(report)
app.command()(why)
app.command()(recording)
app.command()(analysis)
app.command()(replay)
for command in (calls, show, hold, note, tag, retain, erase, export):
    app.command()(command)


def main() -> None:
    """Run the command line."""
    app()


def _settings(**overrides: str) -> Settings:
    """The settings, or one message that names all that is wrong, and exit code 2."""
    try:
        return load({**os.environ, **overrides})
    except SettingsError as error:
        typer.echo("Frontline cannot start. In the settings:", err=True)
        for problem in error.problems:
            typer.echo(f"  {problem}", err=True)
        raise typer.Exit(WRONG_USE) from error


@contextlib.contextmanager
def _logs(settings: Settings) -> Iterator[None]:
    """For commands that talk to a person: only errors are logged, and not among what is printed."""
    from app.telemetry.logs import start_logs

    stop = start_logs("error", "text", settings.secrets, sys.stderr)
    try:
        yield
    finally:
        stop()


@app.command()
def serve(
    port: Annotated[int | None, typer.Option(help="Port to listen on; before PORT.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; before HOST.")] = None,
) -> None:
    """Answer calls until told to stop; SIGTERM lets the calls going on end first."""
    given = {"PORT": port, "HOST": host}
    settings = _settings(**{name: str(value) for name, value in given.items() if value is not None})
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from app.main import CannotStart, Frontline
    from app.server import NotStarted, run
    from app.telemetry.logs import start_logs

    stop_logs = start_logs(settings.log_level, settings.log_format, settings.secrets)
    try:
        frontline = Frontline(settings)
        run(frontline, lambda port: typer.echo(_welcome(settings, port, frontline.console.first_link(port)), err=True))
    except CannotStart as error:
        raise wrong(f"Frontline cannot start. In prompts/ and tools/:\n{error}") from error
    except NotStarted as error:
        raise wrong(f"Frontline cannot start. {error}") from error
    finally:
        stop_logs()


def _welcome(settings: Settings, port: int, first_link: str) -> str:
    """For whoever started the app: where it is, how to try it, and what a real number still needs."""
    here = f"http://{'127.0.0.1' if settings.host == '0.0.0.0' else settings.host}:{port}"
    missing = [
        *(["a Gemini key (GEMINI_API_KEY), or Vertex AI"] if settings.rehearsing else []),
        *([] if settings.twilio_tokens else ["TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"]),
        *([] if settings.public_url else ["PUBLIC_URL, where Twilio reaches this app by https"]),
    ]
    rows = [
        f"Frontline is up: {here}  (for ops: {here}/healthz {here}/readyz {here}/metrics)",
        f"Phone it:        in the console, under Phone; or frontline call --url {here}",
    ]
    rows.append(f"The console:     {first_link or f'{here}/console'}" + (" (your account, once)" if first_link else ""))
    if settings.rehearsing:
        rows.append("Rehearsing:      a stand-in takes the place of Gemini Live")
    if missing:
        rows.append(f"For a real number it still needs {'; '.join(missing)}. See README.md.")
    else:
        rows.append(f"Twilio's webhook for a call coming in: {settings.public_url}/voice/incoming (POST)")
    return "\n".join(rows)


@app.command()
def check(as_json: Json = False) -> None:
    """Find every mistake in prompts/ and tools/: file, line, and what to write instead."""
    settings = _settings()
    from app.check import at_their_root, render
    from app.fittings import reader_for

    problems = reader_for(settings).examine(settings.prompts, settings.tools)
    if as_json:
        told = [problem.as_json() for problem in at_their_root(problems)]
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        typer.echo(render(problems))
    raise typer.Exit(FAILED if any(problem.severity == "error" for problem in problems) else OK)


@app.command()
def fallback(
    line: Annotated[str | None, typer.Argument(help="A line; else every one.")] = None, as_json: Json = False
) -> None:
    """What callers get while this app does not answer: a document for another host, such as a TwiML Bin."""
    settings = _settings()
    from app.cli.fallback import documents, told

    found = documents(settings)
    if line is not None and line not in found:
        raise wrong(f"There is no line {line}. There are: {', '.join(sorted(found))}.")
    wanted = {name: document for name, document in found.items() if line in (None, name)}
    typer.echo(json.dumps(wanted, ensure_ascii=False, indent=2) if as_json else told(wanted))


@app.command()
def doctor(as_json: Json = False) -> None:
    """Look at keys, addresses, connections, clock, disk and database; say the next step for what is wrong."""
    settings = _settings()
    from app.doctor import examine, render

    with _logs(settings):
        findings = asyncio.run(examine(settings))
    if as_json:
        typer.echo(json.dumps([finding.as_json() for finding in findings], ensure_ascii=False, indent=2))
    else:
        typer.echo(render(findings))
    raise typer.Exit(FAILED if any(finding.ok is False for finding in findings) else OK)
