"""The command `frontline`."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from app.settings import Settings, SettingsError, load

if TYPE_CHECKING:
    from app.rehearsal.callers import Caller
    from app.rehearsal.report import CallReport

app = typer.Typer(help="Frontline answers a company's phone.", no_args_is_help=True, add_completion=False)

Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of text.")]

OK, FAILED, WRONG_USE = 0, 1, 2


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
        run(Frontline(settings), lambda port: typer.echo(_welcome(settings, port), err=True))
    except CannotStart as error:
        raise _wrong(f"Frontline cannot start. In prompts/ and tools/:\n{error}") from error
    except NotStarted as error:
        raise _wrong(f"Frontline cannot start. {error}") from error
    finally:
        stop_logs()


def _welcome(settings: Settings, port: int) -> str:
    """For whoever started the app: where it is, how to try it, and what a real number still needs."""
    here = f"http://{'127.0.0.1' if settings.host == '0.0.0.0' else settings.host}:{port}"
    missing = [
        *(["a Gemini key (GEMINI_API_KEY), or Vertex AI"] if settings.rehearsing else []),
        *([] if settings.twilio_tokens else ["TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"]),
        *([] if settings.public_url else ["PUBLIC_URL, where Twilio reaches this app by https"]),
    ]
    rows = [
        f"Frontline is up: {here}  (for ops: {here}/healthz {here}/readyz {here}/metrics)",
        f"Phone it:        frontline call --url {here}",
    ]
    if settings.rehearsing:
        rows.append("Rehearsing:      a stand-in takes the place of Gemini Live")
    if missing:
        rows.append(f"For a real number it still needs {'; '.join(missing)}. See README.md.")
    else:
        rows.append(f"Twilio's webhook for a call coming in: {settings.public_url}/voice/incoming (POST)")
    return "\n".join(rows)


class CallerName(StrEnum):
    """The rehearsed callers."""

    ORDER = "order"
    SPANISH = "spanish"
    INTERRUPTER = "interrupter"
    MUMBLER = "mumbler"
    SILENT = "silent"
    ANGRY = "angry"
    CUTOFF = "cutoff"


class Language(StrEnum):
    """What a rehearsed caller can speak."""

    ENGLISH = "en"
    SPANISH = "es"


def _words(say: list[str] | None) -> list[str] | None:
    if any(not words.strip() for words in say or ()):
        raise typer.BadParameter("it needs words")
    return say


@app.command()
def call(
    caller: Annotated[CallerName, typer.Option(help="Who calls.")] = CallerName.ORDER,
    say: Annotated[list[str] | None, typer.Option(help="Say this; again for the next turn.", callback=_words)] = None,
    wav: Annotated[list[Path] | None, typer.Option(help="Say what this 16-bit PCM WAV holds.")] = None,
    keys: Annotated[str, typer.Option(help="Press these keys.")] = "",
    interrupt_after_ms: Annotated[
        int | None,
        typer.Option("--interrupt-after", "--interrupt-after-ms", help="Speak into the answers after this many ms."),
    ] = None,
    noise: Annotated[
        float | None, typer.Option(help="Line noise: the caller's speech is this many dB above it.")
    ] = None,
    echo: Annotated[
        float | None, typer.Option(help="Their phone sends the assistant back, this many dB quieter.")
    ] = None,
    language: Annotated[Language, typer.Option(help="What --say is spoken in.")] = Language.ENGLISH,
    line: Annotated[str | None, typer.Option(help="The line to phone; else the number any line answers.")] = None,
    url: Annotated[str | None, typer.Option(help="A server that is up already; else one is started.")] = None,
    as_json: Json = False,
) -> None:
    """Have a rehearsed caller phone the assistant, with real sound; exit code 0 if they got what they called for."""
    settings = _settings()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from app.calling import summary
    from app.rehearsal.callers import CALLERS, ad_hoc, overheard

    console = Console(stderr=as_json, highlight=False, soft_wrap=True)
    who = overheard(CALLERS[caller.value], noise, echo)
    if say or wav or keys:
        _playable(wav or ())
        who = ad_hoc(
            say=say or (),
            wav=wav or (),
            keys=keys,
            interrupt_after_ms=interrupt_after_ms,
            noise_db=noise,
            echo_db=echo,
            language=language.value,
        )
    console.print(f"[bold]{who.name}[/bold]: {who.what}")
    report = _placed(settings, who, url, _number_of(settings, line), lambda text: _plain(console, text))
    if as_json:
        typer.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=2, default=str))
    else:
        _plain(console, summary(report))
    raise typer.Exit(OK if report.ok else FAILED)


def _playable(files: Sequence[Path]) -> None:
    """Before anything is started: can these files be said?"""
    from app.rehearsal.callers import read_wav

    for path in files:
        try:
            read_wav(path)
        except ValueError as error:
            raise _wrong(f"{error}. Write a 16-bit PCM WAV.") from error
        except OSError as error:
            raise _wrong(f"{path} cannot be read ({error.strerror}). Write the path of a WAV file.") from error


def _placed(
    settings: Settings, who: "Caller", url: str | None, called: str, show: Callable[[str], None]
) -> "CallReport":
    from app.calling import CannotCall, place
    from app.rehearsal.speech import SpeechUnavailable

    try:
        with _logs(settings):
            return asyncio.run(place(settings, who, url=url, called=called, show=show))
    except (CannotCall, SpeechUnavailable) as error:
        raise _wrong(str(error)) from error


def _wrong(message: str) -> typer.Exit:
    """Wrong use, said in one line."""
    typer.echo(message, err=True)
    return typer.Exit(WRONG_USE)


def _plain(console: Console, text: str) -> None:
    console.print(text, markup=False)


def _number_of(settings: Settings, name: str | None) -> str:
    from app.calling import ANY_CALLED
    from app.prompts.lines import load_lines

    if name is None:
        return ANY_CALLED
    lines, _ = load_lines(settings.prompts)
    if name not in lines:
        typer.echo(f"There is no line {name}. There are: {', '.join(sorted(lines))}.", err=True)
        raise typer.Exit(WRONG_USE)
    return next((number for number in lines[name].numbers if number != "*"), ANY_CALLED)


@app.command()
def check(as_json: Json = False) -> None:
    """Find every mistake in prompts/ and tools/: file, line, and what to write instead."""
    settings = _settings()
    from app.check import check as examine
    from app.check import render

    problems = examine(settings.prompts, settings.tools, settings.backend, settings.model)
    if as_json:
        typer.echo(json.dumps([problem.as_json() for problem in problems], ensure_ascii=False, indent=2))
    else:
        typer.echo(render(problems))
    raise typer.Exit(FAILED if any(problem.severity == "error" for problem in problems) else OK)


@app.command()
def replay(
    journal: Annotated[Path, typer.Argument(help="A journal file, or a CallSid of data/journals.")],
    as_json: Json = False,
) -> None:
    """Feed a call's journal to a new call machine, and show where its commands differ."""
    settings = _settings()
    from app.store.journal import NotAJournal
    from app.store.journal import replay as feed

    path = journal if journal.is_file() else settings.data / "journals" / f"{journal}.jsonl"
    if not path.is_file():
        typer.echo(f"There is no journal {journal}. Look in {settings.data / 'journals'}.", err=True)
        raise typer.Exit(WRONG_USE)
    try:
        steps, differences = feed(path)
    except NotAJournal as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG_USE) from error
    if as_json:
        told = [{"at": d.at, "event": d.event, "journaled": d.journaled, "replayed": d.replayed} for d in differences]
        typer.echo(json.dumps({"steps": steps, "differences": told}, indent=2, default=str))
    else:
        for difference in differences:
            typer.echo(f"{difference.at:.3f} {difference.event}")
            typer.echo(f"  journaled {list(difference.journaled)}\n  replayed  {list(difference.replayed)}")
        typer.echo(f"{steps} steps, {len(differences)} differ")
    raise typer.Exit(FAILED if differences else OK)


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
