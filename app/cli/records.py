"""`frontline calls` and `frontline show`: the calls on record, and everything of one; `frontline hold` keeps one."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.ends import Json, wrong
from app.cli.opened import with_database
from app.cli.reports import since_of

if TYPE_CHECKING:
    from app.store.database import Database
    from app.store.holds import Hold
    from app.store.search import Found, Page, Wanted
    from app.store.whole import Whole

Which = Annotated[str, typer.Argument(metavar="CALL", help="A call's CallSid, or the beginning of that.")]
When = Annotated[str | None, typer.Option(help="`24h`, `7d`, or a date such as 2026-11-30.")]
By = Annotated[str, typer.Option("--by", help="Who does so: your name.")]


def calls(
    line: Annotated[str, typer.Option(help="Of this line.")] = "",
    disposition: Annotated[str, typer.Option(help="That ended so: completed, handed_off, ...")] = "",
    ended_by: Annotated[str, typer.Option(help="That the caller, assistant or house ended.")] = "",
    language: Annotated[str, typer.Option(help="Led in this language, as `es` or `es-US`.")] = "",
    version: Annotated[str, typer.Option(help="Led by this version, by the beginning of its id.")] = "",
    number: Annotated[str, typer.Option(help="Of this caller.")] = "",
    since: When = None,
    until: When = None,
    words: Annotated[str, typer.Option(help='In which this was said: words, "side by side", or a begin*.')] = "",
    gap: Annotated[float | None, typer.Option(help="Somebody waited so many seconds for an answer.", min=0)] = None,
    longer: Annotated[float | None, typer.Option(help="That lasted so many seconds at least.", min=0)] = None,
    flag: Annotated[str, typer.Option(help="With this flag.")] = "",
    tag: Annotated[str, typer.Option(help="With this tag.")] = "",
    tool_errors: Annotated[bool, typer.Option("--tool-errors", help="In which a tool failed.")] = False,
    silent: Annotated[bool, typer.Option("--silent", help="In which the model had a turn nobody could hear.")] = False,
    most: Annotated[int, typer.Option(help="At most so many.", min=1, max=1_000)] = 50,
    as_json: Json = False,
) -> None:
    """The calls on record, the newest first, with what you look for."""
    from app.store.search import Wanted, page

    now = datetime.now(UTC)
    wanted = Wanted(
        line=line,
        disposition=disposition,
        ended_by=ended_by,
        language=language,
        version=version,
        caller=number,
        flag=flag,
        tag=tag,
        words=words,
        since=since_of(since, now) if since else None,
        until=since_of(until, now) if until else None,
        gap_ms=None if gap is None else round(gap * 1000),
        longer_s=longer,
        tool_errors=tool_errors,
        silent=silent,
    )
    found = with_database(lambda database: page(database, wanted, most))
    if as_json:
        typer.echo(json.dumps([_document(one) for one in found.calls], ensure_ascii=False, indent=2, default=str))
    else:
        typer.echo(_rows(found, wanted))


def _rows(found: "Page", wanted: "Wanted") -> str:
    rows = [_row(one) for one in found.calls]
    if found.next is not None:
        rows.append("There are more: --most, or --until the time of the last.")
    return "\n".join(rows) or "There is no such call on record."


def _row(one: "Found") -> str:
    start, end = one.call.start, one.call.end
    gap = "" if one.call.longest_gap_ms is None else f"{one.call.longest_gap_ms / 1000:.1f} s"
    cost = "" if end is None or end.cost_usd is None else f"${end.cost_usd:.3f}"
    lasted = "" if end is None else f"{end.duration_s:.0f} s"
    about = f"{start.started_at:%Y-%m-%d %H:%M}  {start.call_sid[:12]:<12}  {start.line:<12} {start.language:<6}"
    row = f"{about} {lasted:>7}  {end.disposition if end else 'goes on':<16} {gap:>7} {cost:>8}".rstrip()
    return row if one.turn is None else f"{row}\n    {one.turn.side}: {one.turn.heard or one.turn.unheard}"


def _document(one: "Found") -> dict[str, object]:
    from dataclasses import asdict

    turn = None if one.turn is None else {"number": one.turn.number, "side": one.turn.side, "heard": one.turn.heard}
    end = one.call.end
    ended = None if end is None else {name: getattr(end, name) for name in type(end).__slots__}
    gap = {"longest_gap_ms": one.call.longest_gap_ms}
    return asdict(one.call.start) | {"end": ended, "turn": turn} | gap


def show(which: Which, as_json: Json = False) -> None:
    """Everything on record of one call: what was said, tools, sessions, moments, costs, analysis, notes."""
    whole = with_database(lambda database: _whole(database, which))
    if as_json:
        typer.echo(json.dumps(whole.as_json(), ensure_ascii=False, indent=2, default=str))
    else:
        from app.cli.records_told import sheet

        typer.echo(sheet(whole))


async def sid_of(database: "Database", which: str) -> str:
    """The CallSid that begins so; one message and exit code 2 where none or several do."""
    from app.store.whole import found

    sids = await found(database, which)
    if len(sids) != 1 and which not in sids:
        several = f"Several calls begin with {which}. Write more of the CallSid."
        raise wrong(several if sids else f"There is no call {which} on record.")
    return which if which in sids else sids[0]


async def _whole(database: "Database", which: str) -> "Whole":
    from app.store.whole import whole_call

    whole = await whole_call(database, await sid_of(database, which))
    if whole is None:
        raise wrong(f"There is no call {which} on record.")
    return whole


def hold(
    which: Annotated[
        str, typer.Argument(metavar="CALL", help="A call, by the beginning of its CallSid; none: all held.")
    ] = "",
    who: By = "",
    why: Annotated[str, typer.Option(help="What it is kept for.")] = "",
    release: Annotated[bool, typer.Option("--release", help="Keep it no more.")] = False,
) -> None:
    """Keep a call whatever its age and whoever asks for it to be erased; --release lets it go again."""
    if not which:
        held = with_database(_all_held)
        rows = [f"{one.call_sid}  since {one.at:%Y-%m-%d} by {one.who}: {one.why}" for one in held]
        typer.echo("\n".join(rows) or "No call is held.")
    elif not who.strip() or not (release or why.strip()):
        raise wrong("Say who holds it and what for: --by NAME --why REASON; who releases it: --by NAME --release.")
    else:
        typer.echo(with_database(lambda database: _hold(database, which, who.strip(), why.strip(), release)))


async def _all_held(database: "Database") -> "list[Hold]":
    from app.store.holds import held

    return await held(database)


async def _hold(database: "Database", which: str, who: str, why: str, releases: bool) -> str:
    from app.store.annotations import note
    from app.store.holds import hold, release

    call_sid = await sid_of(database, which)
    if not releases:
        await hold(database, call_sid, who, why)
        return f"{call_sid} is held."
    if not await release(database, call_sid):
        raise wrong(f"{call_sid} is not held.")
    await note(database, call_sid, who, "released from hold")
    return f"{call_sid} is held no more."


def note(which: Which, text: Annotated[str, typer.Argument(help="What is to be said of it.")], who: By = "") -> None:
    """Write a note on a call."""
    if not who.strip() or not text.strip():
        raise wrong("Say who writes it, and what: --by NAME TEXT.")
    typer.echo(with_database(lambda database: _note(database, which, who.strip(), text.strip())))


async def _note(database: "Database", which: str, who: str, text: str) -> str:
    from app.store.annotations import note

    call_sid = await sid_of(database, which)
    await note(database, call_sid, who, text)
    return f"Noted on {call_sid}."


def tag(
    which: Which,
    name: Annotated[str, typer.Argument(metavar="TAG", help="One word.")],
    who: By = "",
    remove: Annotated[bool, typer.Option("--remove", help="Take it away.")] = False,
) -> None:
    """Give a call a tag, or take it away."""
    if not who.strip() or not name.strip():
        raise wrong("Say who gives it: --by NAME.")
    typer.echo(with_database(lambda database: _tag(database, which, name.strip(), who.strip(), remove)))


async def _tag(database: "Database", which: str, name: str, who: str, removes: bool) -> str:
    from app.store.annotations import tag, untag

    call_sid = await sid_of(database, which)
    if removes:
        await untag(database, call_sid, name)
        return f"{call_sid} has the tag {name} no more."
    await tag(database, call_sid, who, name)
    return f"{call_sid} has the tag {name}."
