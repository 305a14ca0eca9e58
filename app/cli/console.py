"""`frontline console`: who may use the console, and what they did."""

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.ends import FAILED, Json, wrong
from app.cli.opened import with_database, with_settings

if TYPE_CHECKING:
    from app.settings import Settings
    from app.store.accounts import Account
    from app.store.audit import Proof
    from app.store.database import Database

console_app = typer.Typer(help="Who may use the console, and what they did.", no_args_is_help=True)


class Role(StrEnum):
    """What somebody may do: the table is app/console/permissions.py."""

    VIEWER = "viewer"
    QA = "qa"
    MANAGER = "manager"
    OPS = "ops"
    ADMIN = "admin"


@console_app.command()
def invite(
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.ADMIN,
    account: Annotated[str, typer.Option(help="For a new password of this account instead.")] = "",
) -> None:
    """Print a link that makes an account, or sets a new password: once, within a day."""
    found = with_settings(lambda settings, database: _invited(settings, database, role.value, account))
    if found is None:
        raise wrong(f"There is no account {account}. `frontline console accounts` lists them.")
    typer.echo(found)


async def _invited(settings: "Settings", database: "Database", role: str, name: str) -> str | None:
    from app.console.inviting import link_to
    from app.store.accounts import named

    account = await named(database, name) if name else None
    if name and account is None:
        return None
    base = settings.public_url or f"http://127.0.0.1:{settings.port}"
    return await link_to(database, base, role, "the command line", account)


@console_app.command()
def accounts(as_json: Json = False) -> None:
    """List who may use the console."""
    found = with_database(_accounts)
    if as_json:
        told = [{"name": one.name, "role": one.role, "codes": bool(one.totp), "closed": one.closed} for one in found]
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for one in found:
        typer.echo(f"{one.name:<30}  {one.role}{'  closed' if one.closed else ''}")
    if not found:
        typer.echo("There is no account yet. `frontline console invite` prints a link that makes one.")


async def _accounts(database: "Database") -> "list[Account]":
    from app.store.accounts import all_accounts

    return await all_accounts(database)


@console_app.command()
def prove() -> None:
    """Go through the audit's chain; exit code 1 where an entry was changed or taken out."""
    proof = with_database(_proof)
    if proof.broken is None:
        typer.echo(f"The chain holds: {proof.rows} entries. The last hash, to keep elsewhere: {proof.last}")
        return
    typer.echo(f"The chain is broken at entry {proof.broken}. Compare with a backup.", err=True)
    raise typer.Exit(FAILED)


async def _proof(database: "Database") -> "Proof":
    from app.store import audit

    return await audit.prove(database)
