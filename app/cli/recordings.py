"""`frontline recording`: a call's sound, opened and written to a file."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.opened import with_database

if TYPE_CHECKING:
    from app.store.database import Database
    from app.store.objects import Objects
    from app.store.recordings import KeptRecording

FAILED, WRONG_USE = 1, 2

Call = Annotated[str, typer.Argument(help="The call's CallSid.")]
To = Annotated[Path | None, typer.Option("--to", help="Write it here; a second stream's beside it, as NAME-2.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of text.")]


def recording(call: Call, to: To = None, as_json: Json = False) -> None:
    """What there is of a call's sound; with `--to`, write it to a file, in the clear."""

    async def work(database: "Database") -> "list[KeptRecording]":
        from app.store.recordings import RecordingBook

        return await RecordingBook(database).of_call(call)

    found = with_database(work)
    if not found:
        why = "Its line may not record, or the caller has not agreed."
        typer.echo(f"There is no recording of {call}. {why}", err=True)
        raise typer.Exit(WRONG_USE)
    written = _written(found, to) if to is not None else []
    if as_json:
        told = [_as_json(one) | ({"file": str(path)} if path else {}) for one, path in _paired(found, written)]
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        typer.echo("\n".join(_row(one, path) for one, path in _paired(found, written)))


def _written(found: "list[KeptRecording]", to: Path) -> list[Path]:
    """The files, one a stream. What cannot be read ends the command with one line."""
    import asyncio

    from app import cli
    from app.fittings import objects_for
    from app.store.objects import NotReadable, NotStored, Unreachable

    objects = objects_for(cli._settings())
    paths = [to if not at else to.with_stem(f"{to.stem}-{at + 1}") for at in range(len(found))]
    try:
        for one, path in zip(found, paths, strict=True):
            asyncio.run(_write(objects, one.key, path))
    except (NotReadable, NotStored, Unreachable) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(FAILED) from error
    except OSError as error:
        typer.echo(f"{to} cannot be written ({error.strerror}).", err=True)
        raise typer.Exit(WRONG_USE) from error
    return paths


async def _write(objects: "Objects", key: str, path: Path) -> None:
    """In parts, for this user alone: it holds a caller's words."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        async for part in objects.stream(key):
            file.write(part)


def _paired(found: "list[KeptRecording]", paths: list[Path]) -> "list[tuple[KeptRecording, Path | None]]":
    return [(one, paths[at] if at < len(paths) else None) for at, one in enumerate(found)]


def _row(one: "KeptRecording", path: Path | None) -> str:
    paused = f", {len(one.paused)} pauses" if one.paused else ""
    where = f" → {path}" if path else ""
    return f"{one.began_s:8.1f} s  {one.duration_s:8.1f} s  {one.format}  {one.state}{paused}{where}"


def _as_json(one: "KeptRecording") -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__slots__} | {"at": one.at.isoformat()}
