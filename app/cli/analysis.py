"""`frontline analysis`: what a model made of a call, what a person says of that, and how often they agree."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.ends import Json, wrong
from app.cli.opened import with_database

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.store.analyses import Agreement, Correction, Made
    from app.store.database import Database

SHOWN = 20

Which = Annotated[str, typer.Argument(help="A call's CallSid, or the beginning of that; none: the latest analyses.")]
Said = Annotated[list[str] | None, typer.Option("--set", help="What you say otherwise, as resolution=partly; again.")]
Agrees = Annotated[bool, typer.Option("--agree", help="All that is not said otherwise is as you see it, too.")]


def analysis(
    which: Which = "",
    said: Said = None,
    agree: Agrees = False,
    who: Annotated[str, typer.Option("--by", help="Who says so: your name.")] = "",
    note: Annotated[str, typer.Option(help="Why.")] = "",
    agreement: Annotated[bool, typer.Option("--agreement", help="How often people and the model agree.")] = False,
    days: Annotated[int, typer.Option(help="For --agreement: of so many days.", min=1, max=3_650)] = 30,
    as_json: Json = False,
) -> None:
    """What a text model says of a call after its end; correct it with --set and --by, and see how good it is."""
    if agreement:
        _show_agreement(days, as_json)
    elif not which:
        _show_latest(as_json)
    elif said or agree:
        _correct(which, said or [], agree, who, note)
    else:
        _show(which, as_json)


def _show_agreement(days: int, as_json: bool) -> None:
    async def work(database: "Database") -> "list[Agreement]":
        from datetime import UTC, datetime, timedelta

        from app.store.analyses import agreement

        return await agreement(database, datetime.now(UTC) - timedelta(days=days))

    found = with_database(work)
    if as_json:
        rows = [{"field": one.field, "reviewed": one.reviewed, "agreed": one.agreed} for one in found]
        typer.echo(json.dumps(rows, indent=2))
        return
    told = (f"{one.field:<11} {one.share:>4.0%}  of {one.reviewed} calls that people looked at" for one in found)
    nobody = f"Nobody has looked at an analysis in {days} days. Write: frontline analysis CALL --agree --by NAME"
    typer.echo("\n".join(told) or nobody)


def _show_latest(as_json: bool) -> None:
    async def work(database: "Database") -> "list[Made]":
        from app.store.analyses import latest

        return await latest(database, SHOWN)

    found = with_database(work)
    if as_json:
        typer.echo(json.dumps([_document(made, []) for made in found], ensure_ascii=False, indent=2, default=str))
    else:
        typer.echo("\n".join(_row(made) for made in found) or "No call has been analysed yet.")


def _show(which: str, as_json: bool) -> None:
    async def work(database: "Database") -> "tuple[Made, list[Correction]]":
        from app.store.analyses import corrections_of

        made = await _one(database, which)
        return made, await corrections_of(database, made.call_sid)

    made, said = with_database(work)
    if as_json:
        typer.echo(json.dumps(_document(made, said), ensure_ascii=False, indent=2, default=str))
    else:
        typer.echo(_sheet(made, said))


def _correct(which: str, said: "Sequence[str]", agree: bool, who: str, note: str) -> None:
    if not who.strip():
        raise wrong("Say who says so: --by NAME.")

    async def work(database: "Database") -> int:
        from datetime import UTC, datetime

        from app.store.analyses import FIELDS, Correction, correct

        made = await _one(database, which)
        values = dict(_value(one) for one in said)
        same = {name: getattr(made.analysis, name) for name in FIELDS if name not in values} if agree else {}
        now = datetime.now(UTC)
        every = {**same, **values}
        rows = [Correction(made.call_sid, name, value, who.strip(), now, note) for name, value in every.items()]
        await correct(database, *rows)
        return len(rows)

    typer.echo(f"Kept: {with_database(work)} of the call's fields, by {who.strip()}.")


def _value(said: str) -> tuple[str, object]:
    """A field and its value, as ``resolution=partly``; raises for what a field cannot be."""
    from app.edits import listed, meant
    from app.store.analyses import FIELDS, RESOLUTIONS, SENTIMENTS

    field, _, value = (part.strip() for part in said.partition("="))
    choices = {"resolution": RESOLUTIONS, "sentiment": SENTIMENTS}.get(field)
    if field not in FIELDS:
        raise wrong(f'There is no field "{field}". {meant(field, FIELDS)}')
    if choices is not None and value not in choices:
        raise wrong(f'{field} cannot be "{value}". Write {listed(choices)}.')
    if field == "score":
        if not value.isdecimal() or int(value) > 100:
            raise wrong(f'score cannot be "{value}". Write a whole number, 0 to 100.')
        return field, int(value)
    return field, [tag.strip() for tag in value.split(",") if tag.strip()] if field == "tags" else value


async def _one(database: "Database", which: str) -> "Made":
    from app.store.analyses import beginning_with, of_call

    found = await beginning_with(database, which)
    if len(found) != 1:
        several = f"Several calls begin with {which}. Write more of the CallSid."
        raise wrong(several if found else f"There is no call {which}.")
    made = await of_call(database, found[0])
    if made is None:
        raise wrong(f"The call {found[0]} is not analysed (yet): frontline jobs list --state all --kind analysis")
    return made


def _row(made: "Made") -> str:
    score = "" if made.analysis.score is None else str(made.analysis.score)
    about = f"{made.at:%Y-%m-%d %H:%M}  {made.call_sid[:10]}  {made.analysis.resolution:<7}"
    return f"{about}  {made.analysis.sentiment:<8}  {score:>3}  {made.analysis.reason}".rstrip()


def _sheet(made: "Made", said: "Sequence[Correction]") -> str:
    one = made.analysis
    cost = "not known" if made.cost_usd is None else f"${made.cost_usd:.4f}"
    rows = [
        one.summary,
        "",
        f"call        {made.call_sid}",
        f"reason      {one.reason}",
        f"solved      {one.resolution}",
        f"sentiment   {one.sentiment}",
        f"score       {'none' if one.score is None else one.score}",
        *(f"  {each.verdict:<14} {each.name}: {each.why}" for each in one.criteria),
        f"tags        {', '.join(one.tags) or 'none'}",
        *(f"to do       {each}" for each in one.follow_ups),
        f"made        {made.at:%Y-%m-%d %H:%M} UTC by {made.model}, cost {cost}",
        *(f"{each.who} says  {each.field} = {_told(each.value)}{f' ({each.note})' * bool(each.note)}" for each in said),
    ]
    return "\n".join(rows)


def _told(value: object) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)


def _document(made: "Made", said: "Sequence[Correction]") -> dict[str, object]:
    from dataclasses import asdict

    return asdict(made) | {"corrections": [asdict(one) for one in said]}
