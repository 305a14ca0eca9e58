"""`frontline lines try`: talk to a line in writing, as it is live, as it was, or as it is drafted."""

import asyncio
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.lines_shop import FAILED, in_shop, wrong

if TYPE_CHECKING:
    from app.lines.published import Published
    from app.lines.workshop import Workshop


def try_line(
    name: Annotated[str, typer.Argument(help="The line, as its folder is called.")],
    version: Annotated[
        str, typer.Option(help="`live`, `draft`, `files`, or one of its versions by the beginning of its id.")
    ] = "files",
    say: Annotated[list[str] | None, typer.Option(help="Say this; again for the next turn. Else type it.")] = None,
    fake: Annotated[
        list[str] | None, typer.Option(help='A tool is not run but answers this: `TOOL={"status": "ok", ...}`.')
    ] = None,
) -> None:
    """Talk to a line in writing, with its real prompt, tools and model. Nothing is recorded.

    A call with real sound: `frontline call --line NAME --version VERSION`.
    """
    from app import cli
    from app.fittings import reader_for
    from app.trying import Trial, converse

    settings = cli._settings()
    fakes = dict(_fake(text) for text in fake or ())

    async def chosen(shop: "Workshop") -> "Published":
        from app.lines import workshop

        return await workshop.readable(shop, await workshop.whole(shop, await workshop.named(shop, name, version)))

    published = in_shop(chosen)
    _known(fakes, published)
    with cli._logs(settings):
        trial = Trial(published, fakes)
        problem = asyncio.run(converse(settings, reader_for(settings), trial, says(say), typer.echo))
    if problem:
        typer.echo(problem, err=True)
        raise typer.Exit(FAILED)


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
