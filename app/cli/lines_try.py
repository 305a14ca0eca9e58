"""`frontline lines try`: talk to a line in writing, as it is live, as it was, or as it is drafted."""

import asyncio
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.ends import FAILED, OK, wrong
from app.cli.lines_shop import in_shop

if TYPE_CHECKING:
    from app.lines.published import Published
    from app.lines.workshop import Workshop
    from app.prompts.line import Line


def try_line(
    name: Annotated[str, typer.Argument(help="The line, as its folder is called.")],
    version: Annotated[
        str, typer.Option(help="`live`, `draft`, `files`, or one of its versions by the beginning of its id.")
    ] = "files",
    say: Annotated[list[str] | None, typer.Option(help="Say this; again for the next turn. Else type it.")] = None,
    caller: Annotated[str | None, typer.Option("--as", help="The number to call from, for look-ups.")] = None,
    fake: Annotated[
        list[str] | None, typer.Option(help='A tool is not run but answers this: `TOOL={"status": "ok", ...}`.')
    ] = None,
) -> None:
    """Talk to a line in writing, with its real prompt, tools and model (a stand-in, where no key is set).

    Nothing is recorded. A call with real sound: `frontline call --line NAME --version VERSION`.
    """
    from app import cli
    from app.fittings import reader_for
    from app.trying import CALLER, Trial, converse

    settings = cli._settings()
    reader = reader_for(settings)  # one for both: where a rehearsed service is, its tools learn when it is up
    fakes = dict(_fake(text) for text in fake or ())
    published = in_shop(lambda shop: chosen(shop, name, version), reader)
    _known(fakes, published)
    _tell_closed(published.line)
    with cli._logs(settings):
        trial = Trial(published, fakes, caller or CALLER)
        problem = asyncio.run(converse(settings, reader, trial, says(say), _shown))
    if problem:
        typer.echo(problem, err=True)
        raise typer.Exit(FAILED)


async def chosen(shop: "Workshop", name: str, version: str) -> "Published":
    """The line as it is to be tried; its mistakes are told, and it is tried all the same if it can be read."""
    from app.check import render
    from app.lines import workshop

    content = await workshop.whole(shop, await workshop.named(shop, name, version))
    mistakes = [one for one in await workshop.check(shop, content) if one.severity == "error"]
    if mistakes:
        typer.echo(render(mistakes), err=True)
    return await workshop.readable(shop, content)


def _tell_closed(line: "Line") -> None:
    """A trial is answered at any hour: say what callers would hear now."""
    from app.prompts.line import open_now

    if line.closed == "answer" or open_now(line, datetime.now(UTC)):
        return
    heard = line.phrases[line.languages[0]].get("closed", "")
    told = f'callers hear "{heard}"' if line.closed == "say" else f"callers are passed on to {line.handoff_number}"
    typer.echo(f"The line is closed now: {told}. Trying it all the same.", err=True)


def _shown(text: str) -> None:
    """What is said; whoever reads it through a pipe may have read enough."""
    try:
        typer.echo(text)
    except BrokenPipeError:
        os._exit(OK)


def says(given: Iterable[str] | None) -> Iterator[str]:
    """What is said: as given, or line by line as it is typed."""
    if given:
        yield from given
        return
    for line in sys.stdin:
        if line.strip():
            yield line.strip()


def _fake(text: str) -> tuple[str, Mapping[str, object]]:
    tool, _, answer = text.partition("=")
    try:
        told = json.loads(answer)
    except ValueError:
        told = None
    if not tool or not isinstance(told, dict):
        raise wrong(
            f'--fake {text} cannot be read. Write --fake \'{tool or "TOOL"}={{"status": "ok", "message": "..."}}\''
        )
    return tool, told


def _known(fakes: Mapping[str, object], published: "Published") -> None:
    from app.edits import meant

    for tool in fakes:
        if tool not in published.line.tools:
            raise wrong(f'The line {published.line.name} has no tool "{tool}". {meant(tool, published.line.tools)}')
