"""`frontline call`: a rehearsed caller phones the assistant, with real sound."""

import asyncio
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from app.cli.ends import FAILED, OK, WRONG_USE, wrong

if TYPE_CHECKING:
    from app.rehearsal.callers import Caller
    from app.rehearsal.report import CallReport
    from app.settings import Settings


class Language(StrEnum):
    """What a rehearsed caller can speak."""

    ENGLISH = "en"
    SPANISH = "es"
    FRENCH = "fr"
    GERMAN = "de"


def _words(say: list[str] | None) -> list[str] | None:
    if any(not words.strip() for words in say or ()):
        raise typer.BadParameter("it needs words")
    return say


Who = Annotated[str, typer.Option("--caller", help="Who calls: order, spanish, silent, ...; another word lists all.")]
Said = Annotated[list[str] | None, typer.Option(help="Say this; again for the next turn.", callback=_words)]
Wav = Annotated[list[Path] | None, typer.Option(help="Say what this 16-bit PCM WAV holds.")]
Keys = Annotated[str, typer.Option(help="Press these keys, after the last sentence.")]
Menu = Annotated[str, typer.Option(help="Press this into the greeting, to choose from its menu.")]
As = Annotated[str, typer.Option("--as", help="The number to call from, for look-ups.")]
Texts = Annotated[list[str] | None, typer.Option(help="Text this to the number in the middle of the call.")]
Photos = Annotated[list[Path] | None, typer.Option(help="Send this picture in the middle of the call.")]
Interrupt = Annotated[
    int | None,
    typer.Option("--interrupt-after", "--interrupt-after-ms", help="Speak into the answers after this many ms."),
]
Noise = Annotated[float | None, typer.Option(help="Line noise: the caller's speech is this many dB above it.")]
Echo = Annotated[float | None, typer.Option(help="Their phone sends the assistant back, this many dB quieter.")]
Typing = Annotated[float | None, typer.Option(help="Somebody types beside it, this many dB below their speech.")]
Speaks = Annotated[Language, typer.Option(help="What --say is spoken in.")]
OnLine = Annotated[str | None, typer.Option(help="The line to phone; else the caller's own, or any.")]
Version = Annotated[
    str | None, typer.Option(help="Of the line: `draft`, `files`, or a version by the beginning of its id.")
]
Url = Annotated[str | None, typer.Option(help="A server that is up already; else one is started.")]


def call(
    who: Who = "order",
    say: Said = None,
    wav: Wav = None,
    keys: Keys = "",
    menu: Menu = "",
    text: Texts = None,
    photo: Photos = None,
    interrupt_after_ms: Interrupt = None,
    noise: Noise = None,
    echo: Echo = None,
    typing: Typing = None,
    language: Speaks = Language.ENGLISH,
    number: As = "",
    line: OnLine = None,
    version: Version = None,
    url: Url = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document instead of text.")] = False,
) -> None:
    """Have a rehearsed caller phone the assistant, with real sound; exit code 0 if they got what they called for."""
    from app import cli

    settings = cli._settings(**_tried(line, version, url))
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from app.rehearsal.callers import ad_hoc, overheard

    caller = overheard(_known(who), noise, echo, typing)
    if say or wav or keys or menu or text or photo:
        _playable(wav or ())
        _there(photo or ())
        caller = ad_hoc(
            say=say or (),
            wav=wav or (),
            keys=keys,
            menu=menu,
            texts=text or (),
            photos=photo or (),
            interrupt_after_ms=interrupt_after_ms,
            noise_db=noise,
            echo_db=echo,
            typing_db=typing,
            language=language.value,
        )
    caller = replace(caller, number=number or caller.number)
    report = _shown(settings, caller, url, line or caller.line or None, as_json)
    raise typer.Exit(OK if report.ok else FAILED)


def _shown(settings: "Settings", caller: "Caller", url: str | None, line: str | None, as_json: bool) -> "CallReport":
    """Place the call, and show it as it goes on and how it ended."""
    from app.calling import summary

    console = Console(stderr=as_json, highlight=False, soft_wrap=True)
    console.print(f"[bold]{caller.name}[/bold]: {caller.what}")
    report = _placed(settings, caller, url, _number_of(settings, line), lambda text: _plain(console, text))
    if as_json:
        typer.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=2, default=str))
    else:
        _plain(console, summary(report))
    return report


def _known(name: str) -> "Caller":
    from app.edits import meant
    from app.rehearsal.callers_lines import EVERYONE

    if name not in EVERYONE:
        raise wrong(f'There is no caller "{name}". {meant(name, EVERYONE)}')
    return EVERYONE[name]


def _tried(line: str | None, version: str | None, url: str | None) -> dict[str, str]:
    """The setting that has a version of a line answer its calls."""
    if version is None:
        return {}
    if line is None or url is not None:
        raise typer.BadParameter("a version is tried with --line, by a server of its own, without --url")
    from app.cli.lines_shop import in_shop
    from app.cli.lines_try import chosen

    in_shop(lambda shop: chosen(shop, line, version))
    return {"FRONTLINE_LINE_VERSION": f"{line}@{version}"}


def _playable(files: Sequence[Path]) -> None:
    """Before anything is started: can these files be said?"""
    from app.rehearsal.prepared import read_wav

    for path in files:
        try:
            read_wav(path)
        except ValueError as error:
            raise wrong(f"{error}. Write a 16-bit PCM WAV.") from error
        except OSError as error:
            raise wrong(f"{path} cannot be read ({error.strerror}). Write the path of a WAV file.") from error


def _there(files: Sequence[Path]) -> None:
    """Before anything is started: are these files there?"""
    for path in files:
        if not path.is_file():
            raise wrong(f"There is no file {path}. Write the path of a picture.")


def _placed(
    settings: "Settings", who: "Caller", url: str | None, called: str, show: Callable[[str], None]
) -> "CallReport":
    from app import cli
    from app.calling import CannotCall, place
    from app.rehearsal.speech import SpeechUnavailable

    try:
        with cli._logs(settings):
            return asyncio.run(place(settings, who, url=url, called=called, show=show))
    except (CannotCall, SpeechUnavailable) as error:
        raise wrong(str(error)) from error


def _plain(console: Console, text: str) -> None:
    console.print(text, markup=False)


def _number_of(settings: "Settings", name: str | None) -> str:
    from app.calling import ANY_CALLED
    from app.prompts.lines import load_lines

    if name is None:
        return ANY_CALLED
    lines, _ = load_lines(settings.prompts)
    if name not in lines:
        typer.echo(f"There is no line {name}. There are: {', '.join(sorted(lines))}.", err=True)
        raise typer.Exit(WRONG_USE)
    return next((number for number in lines[name].numbers if number != "*"), ANY_CALLED)
