"""`frontline jobs`: what is done after calls, and what of it failed."""

import json
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from app.cli.ends import Json, wrong
from app.cli.opened import with_database

if TYPE_CHECKING:
    from app.store.database import Database
    from app.store.outbox import Job, State

jobs_app = typer.Typer(help="What is done after calls: analyses, events, alerts.", no_args_is_help=True)

SHOWN_LETTERS = 8  # of an id in the list
_STATES: "tuple[State, ...]" = ("waiting", "done", "failed")

Which = Annotated[str, typer.Argument(help="A job: its id, or the beginning of that.")]


@jobs_app.command("list")
def list_jobs(
    state: Annotated[str, typer.Option(help="waiting, done, failed; another word: all.")] = "failed",
    kind: Annotated[str, typer.Option(help="Of this kind only.")] = "",
    most: Annotated[int, typer.Option(help="At most so many.", min=1, max=10_000)] = 100,
    as_json: Json = False,
) -> None:
    """Jobs that failed (or wait, or are done), the newest first."""

    async def work(database: "Database") -> "list[Job]":
        from app.store.outbox import listed

        wanted = next((known for known in _STATES if known == state), None)
        return await listed(database, state=wanted, kind=kind, most=most)

    found = with_database(work)
    if as_json:
        from app.store.outbox import as_json as plain

        typer.echo(json.dumps([plain(job) for job in found], ensure_ascii=False, indent=2))
    else:
        typer.echo("\n".join(_row(job) for job in found) or f"There are no {state} jobs.")


@jobs_app.command()
def again(
    which: Which = "",
    everything: Annotated[bool, typer.Option("--all", help="Every job that failed.")] = False,
) -> None:
    """Have a job done once more, or every job that failed."""
    if bool(which) == everything:
        raise wrong("Write a job's id, or --all for every job that failed.")

    async def work(database: "Database") -> int:
        from datetime import UTC, datetime

        from app.store.outbox import again, listed

        failed = await listed(database, state="failed") if everything else await listed(database)
        chosen = [job.id for job in failed if everything or job.id.hex.startswith(which.replace("-", "").lower())]
        _only_one(which, chosen)
        return await again(database, chosen, datetime.now(UTC))

    many = with_database(work)
    typer.echo(f"{many} to be done again." if many else "Nothing to be done again.")


def _only_one(which: str, found: list[UUID]) -> None:
    if which and not found:
        raise wrong(f"There is no job {which}. Look at `frontline jobs list`.")
    if which and len(found) > 1:
        raise wrong(f"{len(found)} jobs begin with {which}. Write more of the id.")


def _row(job: "Job") -> str:
    about = f"{job.created_at:%Y-%m-%d %H:%M}  {job.id.hex[:SHOWN_LETTERS]}  {job.kind:<9}  {job.state:<7}"
    return f"{about}  {job.attempts:>2}  {(job.call_sid or '')[:10]:<10}  {job.reason}".rstrip()
