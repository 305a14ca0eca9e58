"""`frontline replay`: a call's journal, or its bundle, fed to a new call machine."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.ends import FAILED, OK, Json, wrong

if TYPE_CHECKING:
    from app.store.journal import Difference

BUNDLE = ".zip"

Journal = Annotated[Path, typer.Argument(help="A journal, a call's bundle (.zip), or a CallSid of data/journals.")]


def replay(journal: Journal, as_json: Json = False) -> None:
    """Feed a call's journal to a new call machine, and show where its commands differ."""
    from app import cli
    from app.store.journal import NotAJournal
    from app.store.journal import replay as feed

    settings = cli._settings()
    with _journals(journal, settings.data / "journals") as paths:
        try:
            fed = [feed(path) for path in paths]
        except NotAJournal as error:
            raise wrong(str(error)) from error
    differences = [difference for _, found in fed for difference in found]
    _show(sum(steps for steps, _ in fed), differences, as_json)
    raise typer.Exit(FAILED if differences else OK)


@contextmanager
def _journals(journal: Path, folder: Path) -> Iterator[list[Path]]:
    """The file that was named, or every segment in a bundle."""
    from app.store.bundle import NotABundle, unpack

    path = journal if journal.is_file() else folder / f"{journal}.jsonl"
    if not path.is_file():
        raise wrong(f"There is no journal {journal}. Look in {folder}.")
    if path.suffix != BUNDLE:
        yield [path]
        return
    with tempfile.TemporaryDirectory() as unpacked:
        try:
            yield unpack(path, Path(unpacked))
        except NotABundle as error:
            raise wrong(str(error)) from error


def _show(steps: int, differences: "list[Difference]", as_json: bool) -> None:
    if as_json:
        told = [{"at": d.at, "event": d.event, "journaled": d.journaled, "replayed": d.replayed} for d in differences]
        typer.echo(json.dumps({"steps": steps, "differences": told}, indent=2, default=str))
        return
    for difference in differences:
        typer.echo(f"{difference.at:.3f} {difference.event}")
        typer.echo(f"  journaled {list(difference.journaled)}\n  replayed  {list(difference.replayed)}")
    typer.echo(f"{steps} steps, {len(differences)} differ")
