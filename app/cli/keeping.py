"""`frontline retain`, `erase`, `export`: what is on record of calls goes when it must, or is shown to whose it is."""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from app.cli.ends import Json, failed, wrong
from app.cli.opened import with_settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from app.settings import Settings
    from app.store.database import Database
    from app.store.deletions import Deletion
    from app.store.erasure import Erased, Places, Theirs

T = TypeVar("T")
Number = Annotated[str, typer.Argument(help="A phone number, as +12025550143.")]


def retain(
    proof: Annotated[bool, typer.Option("--proof", help="Only show what was deleted before, and why.")] = False,
    as_json: Json = False,
) -> None:
    """Delete what is older than it may be kept; a house that is up does so itself once a day."""
    gone = with_settings(_proof if proof else _retain)
    if as_json:
        rows = [{name: getattr(one, name) for name in type(one).__slots__} for one in gone]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2, default=str))
    else:
        typer.echo("\n".join(map(_row, gone)) or "Nothing was deleted.")


def _row(one: "Deletion") -> str:
    before = f" from before {one.through:%Y-%m-%d}" if one.through else ""
    line = f" of {one.line}" if one.line else ""
    subject = f" of somebody ({one.subject[:8]})" if one.subject else ""
    return f"{one.at:%Y-%m-%d %H:%M}  {one.why}: {one.count} {one.kind}{line}{subject}{before}"


async def _proof(_: "Settings", database: "Database") -> "Sequence[Deletion]":
    from app.store.deletions import latest

    return await latest(database)


async def _retain(settings: "Settings", database: "Database") -> "Sequence[Deletion]":
    import asyncio

    from app.fittings import folders_for, reader_for, retention_for
    from app.lines.live import LiveLines
    from app.store.objects import Unreachable

    reader = reader_for(settings)
    lines = LiveLines(folders_for(settings), database, reader.tools, reader.examine)
    await asyncio.to_thread(lines.start)
    await lines.look()
    try:
        return await retention_for(settings, database, lines.all).once()
    except Unreachable as error:
        raise failed(str(error)) from error


def erase(number: Number, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Delete all that is kept of a phone number: calls, messages, recordings, journals; what is on hold stays."""
    _checked(number)
    if not yes and not typer.confirm(f"Delete everything of {number}? It cannot be brought back"):
        raise typer.Exit(1)

    async def work(places: "Places") -> "Erased":
        from app.store.erasure import erase

        return await erase(places, number)

    gone = _with_places(work)
    told = ", ".join(f"{n} {kind}" for kind, n in gone.count.items() if n)
    typer.echo(f"Deleted: {told or 'nothing; there is nothing of this number'}.")
    for sid in gone.held:
        typer.echo(f"Kept, for it is on hold: {sid} (frontline hold {sid} --release --by NAME)")
    for sid in gone.going_on:
        typer.echo(f"Kept, for it goes on: {sid}. Erase again when it is over.")
    raise typer.Exit(1 if gone.held or gone.going_on else 0)


def export(
    number: Number,
    to: Annotated[Path | None, typer.Option(help="A folder for it, with journals and recordings.")] = None,
) -> None:
    """Show all that is kept of a phone number, as one JSON document."""
    _checked(number)
    if to is not None:
        to.mkdir(parents=True, exist_ok=True)

    async def work(places: "Places") -> "Theirs":
        from app.store.erasure import export

        theirs = await export(places, number)
        for name in () if to is None else theirs.recordings:
            assert to is not None
            await _unsealed(places, name, to)
        return theirs

    from app import cli

    theirs = _with_places(work)
    document = json.dumps(_document(theirs), ensure_ascii=False, indent=2, default=str)
    if to is None:
        typer.echo(document)
    else:
        for name in theirs.journals:
            shutil.copyfile(cli._settings().data / "journals" / name, to / name)
        (to / "export.json").write_text(document + "\n", "utf-8")
        typer.echo(
            f"{len(theirs.calls)} calls, {len(theirs.journals)} journals, {len(theirs.recordings)} recordings: {to}"
        )


async def _unsealed(places: "Places", name: str, to: Path) -> None:
    """A recording as it sounds, for whose it is."""
    with (to / name.replace("/", "-")).open("wb") as file:
        async for part in places.objects.stream(name):
            file.write(part)


def _document(theirs: "Theirs") -> dict[str, object]:
    from dataclasses import asdict

    return {
        "number": theirs.number,
        "calls": [one.as_json() for one in theirs.calls],
        "messages": [asdict(one) for one in theirs.messages],
        "journals": theirs.journals,
        "recordings": theirs.recordings,
    }


def _checked(number: str) -> None:
    if not number.startswith("+") or not number[1:].isdigit():
        raise wrong("Write the number as it was shown to us, in E.164: +12025550143.")


def _with_places(work: "Callable[[Places], Awaitable[T]]") -> T:
    async def done(settings: "Settings", database: "Database") -> T:
        from app.fittings import objects_for
        from app.store.erasure import Places
        from app.store.objects import Unreachable

        try:
            return await work(Places(database, settings.data / "journals", objects_for(settings)))
        except Unreachable as error:
            raise failed(str(error)) from error

    return with_settings(done)
