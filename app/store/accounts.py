"""The console's accounts, the one-time links that make them, and who is signed in."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, delete, func, select, update
from sqlalchemy.exc import IntegrityError

from app.store.database import Database
from app.store.dialects import utc
from app.store.tables_people import accounts, invitations, sign_ins


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may use the console. ``password`` is a hash; empty where they sign in elsewhere (``subject``)."""

    id: UUID
    name: str
    role: str
    language: str
    password: str
    made_at: datetime
    totp: str = ""
    totp_step: int = 0
    subject: str | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Invitation:
    """A one-time link: for a new account of this role, or a new password of ``account``."""

    id: str
    role: str
    made_by: str
    made_at: datetime
    until: datetime
    account: UUID | None = None


@dataclass(frozen=True, slots=True)
class SignIn:
    """A browser that is signed in, until ``until`` at the latest."""

    id: str
    account: UUID
    made_at: datetime
    seen_at: datetime
    until: datetime
    address: str
    browser: str
    pending: bool = False


class NameTaken(Exception):
    """There is an account of this name already."""


def hashed(token: str) -> str:
    """What is kept of a link or a cookie: with the database alone nobody gets in."""
    return hashlib.sha256(token.encode()).hexdigest()


# ---- accounts


async def any_account(database: Database) -> bool:
    async with database.engine.connect() as connection:
        return (await connection.execute(select(accounts.c.id).limit(1))).first() is not None


async def add_account(database: Database, account: Account) -> None:
    """Raises NameTaken."""
    row = {name: getattr(account, name) for name in Account.__slots__}
    try:
        async with database.engine.begin() as connection:
            await connection.execute(accounts.insert().values(row))
    except IntegrityError as error:
        raise NameTaken(account.name) from error


async def named(database: Database, name: str) -> Account | None:
    """The account of this name, however its letters are written."""
    async with database.engine.connect() as connection:
        found = await connection.execute(select(accounts).where(func.lower(accounts.c.name) == func.lower(name)))
        row = found.mappings().first()
    return _account(row) if row else None


async def account_of(database: Database, id: UUID) -> Account | None:
    async with database.engine.connect() as connection:
        row = (await connection.execute(select(accounts).where(accounts.c.id == id))).mappings().first()
    return _account(row) if row else None


async def of_subject(database: Database, subject: str) -> Account | None:
    """The account that an identity provider knows by this."""
    async with database.engine.connect() as connection:
        row = (await connection.execute(select(accounts).where(accounts.c.subject == subject))).mappings().first()
    return _account(row) if row else None


async def all_accounts(database: Database) -> list[Account]:
    async with database.engine.connect() as connection:
        return [
            _account(row) for row in (await connection.execute(select(accounts).order_by(accounts.c.name))).mappings()
        ]


async def change_account(database: Database, id: UUID, **values: object) -> None:
    """Write these fields of an account."""
    async with database.engine.begin() as connection:
        await connection.execute(update(accounts).where(accounts.c.id == id).values(**values))


async def use_step(database: Database, id: UUID, step: int) -> bool:
    """Use a one-time code up; False where this one, or a later one, has been used already."""
    fresh = update(accounts).where(accounts.c.id == id, accounts.c.totp_step < step)
    async with database.engine.begin() as connection:
        return (await connection.execute(fresh.values(totp_step=step).returning(accounts.c.id))).first() is not None


# ---- invitations


async def invite(database: Database, invitation: Invitation) -> None:
    row = {name: getattr(invitation, name) for name in Invitation.__slots__}
    async with database.engine.begin() as connection:
        await connection.execute(invitations.insert().values(row))


async def invitation_of(database: Database, id: str, now: datetime) -> Invitation | None:
    """The invitation, while it holds."""
    wanted = select(invitations).where(invitations.c.id == id, invitations.c.until > now)
    async with database.engine.connect() as connection:
        row = (await connection.execute(wanted)).mappings().first()
    return _invitation(row) if row else None


async def open_invitations(database: Database, now: datetime) -> list[Invitation]:
    wanted = select(invitations).where(invitations.c.until > now).order_by(invitations.c.made_at)
    async with database.engine.connect() as connection:
        return [_invitation(row) for row in (await connection.execute(wanted)).mappings()]


async def use_up(database: Database, id: str) -> bool:
    """Take an invitation away; False where somebody was quicker."""
    async with database.engine.begin() as connection:
        gone = delete(invitations).where(invitations.c.id == id).returning(invitations.c.id)
        return (await connection.execute(gone)).first() is not None


# ---- who is signed in


async def sign_in(database: Database, made: SignIn) -> None:
    """Keep a sign-in; those that are over go."""
    row = {name: getattr(made, name) for name in SignIn.__slots__}
    async with database.engine.begin() as connection:
        await connection.execute(delete(sign_ins).where(sign_ins.c.until < made.made_at))
        await connection.execute(sign_ins.insert().values(row))


async def signed_in(database: Database, id: str) -> tuple[SignIn, Account] | None:
    """A sign-in and whose it is, also where its time is over."""
    theirs = select(accounts).join(sign_ins, accounts.c.id == sign_ins.c.account).where(sign_ins.c.id == id)
    async with database.engine.connect() as connection:
        found = (await connection.execute(select(sign_ins).where(sign_ins.c.id == id))).mappings().first()
        account = (await connection.execute(theirs)).mappings().first() if found else None
    return (_sign_in(found), _account(account)) if found and account else None


async def seen(database: Database, id: str, now: datetime) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(update(sign_ins).where(sign_ins.c.id == id).values(seen_at=now))


async def sign_out(database: Database, id: str, account: UUID | None = None) -> bool:
    """End a sign-in, of ``account`` alone where that is given; False where there is none."""
    gone = delete(sign_ins).where(sign_ins.c.id == id)
    if account is not None:
        gone = gone.where(sign_ins.c.account == account)
    async with database.engine.begin() as connection:
        return (await connection.execute(gone.returning(sign_ins.c.id))).first() is not None


async def sign_out_everywhere(database: Database, account: UUID, but: str = "") -> None:
    """End all sign-ins of an account, one excepted."""
    async with database.engine.begin() as connection:
        await connection.execute(delete(sign_ins).where(sign_ins.c.account == account, sign_ins.c.id != but))


async def sign_ins_of(database: Database, account: UUID | None = None) -> list[SignIn]:
    """Who is signed in, the last seen first: of one account, or of all."""
    wanted = select(sign_ins).where(sign_ins.c.pending.is_(False)).order_by(sign_ins.c.seen_at.desc())
    if account is not None:
        wanted = wanted.where(sign_ins.c.account == account)
    async with database.engine.connect() as connection:
        return [_sign_in(row) for row in (await connection.execute(wanted)).mappings()]


# ---- rows


def _account(row: RowMapping) -> Account:
    return Account(**{**row, "made_at": utc(row["made_at"])})


def _invitation(row: RowMapping) -> Invitation:
    return Invitation(**{**row, "made_at": utc(row["made_at"]), "until": utc(row["until"])})


def _sign_in(row: RowMapping) -> SignIn:
    said = {name: row[name] for name in SignIn.__slots__}
    return SignIn(**said | {name: utc(row[name]) for name in ("made_at", "seen_at", "until")})
