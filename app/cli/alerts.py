"""`frontline alerts`: what is wrong over many calls, who sees to it, and who is told."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.ends import FAILED, Json, wrong
from app.cli.opened import with_database, with_settings

if TYPE_CHECKING:
    from datetime import datetime

    from app.alerts.measures import Measured
    from app.alerts.rules import Rule
    from app.settings import Settings
    from app.store.alerts import Alert
    from app.store.database import Database

alerts_app = typer.Typer(help="What is wrong over many calls, and who is told.", no_args_is_help=True)

SHORT = 8  # letters of an alert's id

Which = Annotated[str, typer.Argument(help="An alert: its id, or the beginning of that.")]
Name = Annotated[str, typer.Argument(help="A rule's name.")]
Who = Annotated[str, typer.Option("--by", help="Who says so: your name.")]


@alerts_app.command("list")
def list_alerts(
    everything: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False, as_json: Json = False
) -> None:
    """Alerts that are open, the newest first, with calls to look at."""

    async def work(database: "Database") -> "list[Alert]":
        from app.store.alerts import listed

        return await listed(database, state=None if everything else "open")

    found = with_database(work)
    if as_json:
        from dataclasses import asdict

        typer.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=2, default=str))
    else:
        typer.echo("\n".join(_row(one) for one in found) or "All is well: no alert is open.")


@alerts_app.command()
def rules(as_json: Json = False) -> None:
    """The rules that calls are watched by, and where each stands now."""

    async def work(settings: "Settings", database: "Database") -> "list[tuple[Rule, Measured, datetime | None]]":
        from datetime import UTC, datetime

        from app.alerts.measures import measure
        from app.store.alerts import muted

        now = datetime.now(UTC)
        quiet = await muted(database, now)
        read = _rules(settings)
        return [(rule, await measure(database, rule, now), quiet.get(rule.name)) for rule in read]

    found = with_settings(work)
    if as_json:
        rows = [{"rule": r.name, "value": m.value, "n": m.n, "above": r.above, "muted_until": q} for r, m, q in found]
        typer.echo(json.dumps(rows, indent=2, default=str))
    else:
        typer.echo("\n".join(_standing(rule, measured, until) for rule, measured, until in found))


@alerts_app.command()
def ack(which: Which, who: Who = "") -> None:
    """Say that you see to an alert."""
    name = _named(who)

    async def work(database: "Database") -> "Alert":
        from datetime import UTC, datetime

        from app.store.alerts import ack, listed

        wanted = which.replace("-", "").lower()
        found = [one for one in await listed(database) if one.id.hex.startswith(wanted)]
        if len(found) != 1:
            raise wrong(f"{len(found) or 'No'} alerts begin with {which}. Look at `frontline alerts list --all`.")
        await ack(database, found[0].id, name, datetime.now(UTC))
        return found[0]

    typer.echo(f"{name} sees to it: {with_database(work).told}")


@alerts_app.command()
def mute(
    rule: Name,
    hours: Annotated[float, typer.Option(help="For so long; 0: tell of it again.", min=0, max=720)] = 4.0,
    who: Who = "",
) -> None:
    """Have nobody told of a rule for some hours; its alerts are on record all the same."""
    name = _named(who)

    async def work(settings: "Settings", database: "Database") -> None:
        from datetime import UTC, datetime, timedelta

        from app.edits import meant
        from app.store.alerts import mute, unmute

        known = [one.name for one in _rules(settings)]
        if rule not in known:
            raise wrong(f'There is no rule "{rule}". {meant(rule, known)}')
        if hours:
            await mute(database, rule, datetime.now(UTC) + timedelta(hours=hours), name)
        else:
            await unmute(database, rule)

    with_settings(work)
    typer.echo(f"{rule} is quiet for {hours:g} hours." if hours else f"{rule} is told of again.")


@alerts_app.command()
def test() -> None:
    """Send a test alert to every channel now, and say which got it."""
    import asyncio

    from app import cli

    settings = cli._settings()
    told = asyncio.run(_tried(settings))
    if not told:
        raise wrong("There is no channel. Write FRONTLINE_ALERT_CHANNELS, such as mailto:ops@example.com.")
    for kind, problem in told:
        typer.echo(f"{'✗' if problem else '✓'} {kind}{f': {problem}' if problem else ''}")
    raise typer.Exit(FAILED if any(problem for _, problem in told) else 0)


async def _tried(settings: "Settings") -> list[tuple[str, str]]:
    """The channels, and why one was not reached."""
    from app.after import crier_for, sender_for
    from app.alerts.telling import NotTold

    sender = sender_for(settings)
    crier = crier_for(settings, sender)
    told: list[tuple[str, str]] = []
    for channel in crier.channels:
        try:
            await crier.tell(channel, "[Frontline] test", "This is a test. All is well.")
            told.append((channel.kind, ""))
        except NotTold as failed:
            told.append((channel.kind, failed.reason))
    await sender.close()
    return told


def _rules(settings: "Settings") -> "tuple[Rule, ...]":
    from app.alerts.rules import read_rules

    read, mistakes = read_rules(settings.alert_rules)
    if mistakes:
        raise wrong("\n".join(str(mistake) for mistake in mistakes))
    return read


def _row(alert: "Alert") -> str:
    state = f"resolved {alert.resolved_at:%H:%M}" if alert.resolved_at else "open"
    acked = f", {alert.acked_by} sees to it" if alert.acked_by else ""
    first = (
        f"{alert.opened_at:%Y-%m-%d %H:%M}  {alert.id.hex[:SHORT]}  {alert.severity:<8}  {alert.rule}  ({state}{acked})"
    )
    return "\n".join([first, f"    {alert.told}", *(f"    frontline why {call}" for call in alert.calls)])


def _standing(rule: "Rule", measured: "Measured", until: "datetime | None") -> str:
    value = f"{measured.value:.4g} of {rule.above:g} {rule.unit}"
    enough = "" if measured.n >= rule.fewest else f" (too few to tell: {measured.n} of {rule.fewest})"
    quiet = f"  muted until {until:%Y-%m-%d %H:%M} UTC" if until else ""
    return f"{rule.name:<16} {value}{enough}{quiet}"


def _named(who: str) -> str:
    if not who.strip():
        raise wrong("Say who says so: --by NAME.")
    return who.strip()
