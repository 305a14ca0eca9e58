"""`frontline load`: what a call costs, and how many one core carries, without accounts."""

import asyncio
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from app.cli.ends import FAILED, OK, Json, failed

if TYPE_CHECKING:
    from app.rehearsal.load.figures import Step
    from app.rehearsal.load.running import Wish

WIDTH = 160  # columns of a table that nobody sees in a terminal
PEERS = ("naive",)


def load(
    calls: Annotated[list[int], typer.Option("--calls", min=1, max=500, help="At once; again for another step.")],
    against: Annotated[
        list[str] | None, typer.Option("--against", help="Measure this bridge beside: naive, the SDK both ways.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=2.0, max=600.0, help="Measured at each step.")] = 15.0,
    core_usd: Annotated[float, typer.Option("--core-usd", min=0.0, help="What an hour of one core costs.")] = 0.04,
    plot: Annotated[Path | None, typer.Option(help="Draw it into this SVG file.")] = None,
    as_json: Json = False,
) -> None:
    """Place many calls at a server of this machine and measure what one costs; nothing of it leaves the machine.

    The server, its Live service and the callers are processes of their own; the server has a core to itself where there
    are two. Exit code 1 if callers would have noticed something.
    """
    from app.rehearsal.load.running import Wish
    from app.rehearsal.load.told import document, table
    from app.rehearsal.load.told import plot as drawn

    unknown = [name for name in against or () if name not in PEERS]
    if unknown:
        raise typer.BadParameter(f"there is {', '.join(PEERS)}, not {', '.join(unknown)}", param_hint="--against")
    wish = Wish(("frontline", *(against or ())), calls, seconds, core_usd)
    console = Console(stderr=as_json, highlight=False, soft_wrap=True)
    steps = _measured(wish, console)
    if plot is not None:
        plot.write_text(drawn(steps), encoding="utf-8")
    if as_json:
        typer.echo(json.dumps(document(steps), indent=2))
    else:
        Console(highlight=False, width=None if console.is_terminal else WIDTH).print(table(steps))
    raise typer.Exit(OK if all(one.kept for one in steps if one.server == "frontline") else FAILED)


def _measured(wish: "Wish", console: Console) -> "list[Step]":
    from app.rehearsal.load.running import measure
    from app.rehearsal.load.servers import NotMeasured

    def show(one: "Step") -> None:
        console.print(f"{one.server}: {one.calls} calls, {one.cpu_ms:.1f} ms of CPU each a second")

    with tempfile.TemporaryDirectory(prefix="frontline-load-") as folder:
        try:
            return asyncio.run(measure(wish, Path(folder), show))
        except NotMeasured as problem:
            raise failed(str(problem)) from problem
