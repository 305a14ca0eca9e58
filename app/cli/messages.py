"""`frontline messages`: what callers left who could not be answered, for whoever calls them back."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.ends import Json, wrong
from app.cli.opened import with_database

if TYPE_CHECKING:
    from app.store.database import Database
    from app.store.messages import Message

messages_app = typer.Typer(help="What callers left who could not be answered.", no_args_is_help=True)

SHOWN_LETTERS = 60  # of a transcript in the list

Which = Annotated[str, typer.Argument(help="The call that left it: its CallSid, or the beginning of that.")]


@messages_app.command("list")
def list_messages(
    everything: Annotated[bool, typer.Option("--all", help="Also those that somebody has seen to.")] = False,
    most: Annotated[int, typer.Option(help="At most so many.", min=1, max=10_000)] = 100,
    as_json: Json = False,
) -> None:
    """Messages and wishes to be called back, the newest first."""

    async def work(database: "Database") -> "list[Message]":
        from app.store.messages import latest

        return await latest(database, most, state=None if everything else "new")

    found = with_database(work)
    if as_json:
        _print_json([_as_json(message) for message in found])
    else:
        typer.echo("\n".join(_row(message) for message in found) or "Nobody has left anything.")


@messages_app.command()
def show(which: Which, as_json: Json = False) -> None:
    """All of one message: who called, when, and what they said."""
    message = with_database(lambda database: _one(database, which))
    if as_json:
        _print_json(_as_json(message))
    else:
        typer.echo(_sheet(message))


@messages_app.command()
def done(which: Which, as_json: Json = False) -> None:
    """Say that a message has been seen to."""

    async def work(database: "Database") -> "Message":
        from app.store.messages import done

        message = await _one(database, which)
        await done(database, message)
        return message

    message = with_database(work)
    if as_json:
        _print_json(_as_json(message) | {"state": "done"})
    else:
        typer.echo(f"Done: the {message.kind} of {message.caller or 'a caller without a number'}.")


async def _one(database: "Database", which: str) -> "Message":
    from app.store.messages import of_call

    found = await of_call(database, which)
    if not found:
        raise wrong(f"No call {which} has left anything. Look at `frontline messages list`.")
    if len(found) > 1:
        raise wrong(f"{len(found)} messages begin with {which}. Write more of the CallSid.")
    return found[0]


def _row(message: "Message") -> str:
    words = message.transcript or _without_words(message)
    short = words if len(words) <= SHOWN_LETTERS else f"{words[: SHOWN_LETTERS - 1]}…"
    seen = "" if message.state == "new" else "   done"
    about = f"{message.at:%Y-%m-%d %H:%M}  {message.call_sid[:10]}  {message.kind:<9}  {message.line:<10}"
    return f"{about}  {message.caller or 'no number':<14}  {short}{seen}".rstrip()


def _without_words(message: "Message") -> str:
    if message.kind == "callback":
        return ""
    return f"({message.duration_s} s, {'not understood' if message.words == 'failed' else 'not written down yet'})"


def _sheet(message: "Message") -> str:
    rows = [
        f"{message.kind} on {message.line or 'no line'}, {message.at:%Y-%m-%d %H:%M} UTC, {message.state}",
        f"caller     {message.caller or 'no number'}",
        f"called     {message.called or 'not known'}",
        f"call       {message.call_sid}",
    ]
    if message.language:
        rows.append(f"language   {message.language}")
    if message.recording_url:
        rows += [f"recording  {message.recording_url} ({message.duration_s} s)", ""]
        rows.append(message.transcript or _without_words(message))
    return "\n".join(rows)


def _as_json(message: "Message") -> dict[str, object]:
    return asdict(message) | {"at": message.at.isoformat()}


def _print_json(document: object) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
