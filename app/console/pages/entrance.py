"""Signing in and out, and the one-time link by which an account is made."""

import re
from datetime import UTC, datetime
from typing import Final, Protocol
from unicodedata import normalize
from uuid import uuid4

import structlog
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.responses import Response

from app.console import codes, passwords
from app.console.asked import Asked
from app.console.guard import Pages
from app.console.permissions import ROLES, Open, Permission
from app.console.provider import Provider
from app.console.sign_ins import SignIns
from app.console.words import LANGUAGES
from app.store import accounts, audit
from app.store.accounts import Account, Invitation, NameTaken, hashed
from app.store.envelope import NotReadable

NAME: Final = re.compile(r"[^\s<>\"'&\x00-\x1f]([^<>\"\x00-\x1f]{0,98}[^\s<>\"'&\x00-\x1f])?")
OTHERS: Final = frozenset({"nobody", "the house"})
LONGEST_NAME: Final = 100
LARGEST: Final = 10_000  # bytes, of what somebody sends who is not signed in
# Guesses are counted by account and by where they come from; a right one counts, too.
OF_AN_ACCOUNT: Final = RateLimitItemPerMinute(6, 5)
OF_AN_ADDRESS: Final = RateLimitItemPerMinute(30, 5)
BACK: Final = RateLimitItemPerMinute(60)  # of an address

log = structlog.get_logger(__name__)
pages = Pages([])
_guesses = MovingWindowRateLimiter(MemoryStorage())


class Ways(Protocol):
    """The console itself, as far as these pages know it: what its first link holds, for a while; another way in."""

    first: str
    provider: Provider | None


def sign_ins_of(asked: Asked) -> SignIns:
    return SignIns(asked.parts.database, asked.origins)


def console_of(asked: Asked) -> Ways:
    console: Ways = asked.connection.app.state.console
    return console


def _first_id(asked: Asked) -> str:
    first = console_of(asked).first
    return hashed(first) if first else ""


@pages.page("/static/{name}", Open.FILES)
async def static(asked: Asked) -> Response:
    return asked.assets.answer(asked.path["name"], asked.connection.headers.get("accept-encoding", ""))


@pages.page("/", Permission.OWN)
async def home(asked: Asked) -> Response:
    """The first place that this person may see."""
    places = [place.path for place in asked.looks.places if asked.may(place.needs)]
    return asked.go(next(iter(places), "/console/own"))


@pages.page("/sign-in", Open.ENTRANCE)
async def sign_in(asked: Asked) -> Response:
    if asked.person is not None:
        return asked.go(place_in(asked.query.get("to", "")))
    return await entrance_page(asked, to=asked.query.get("to", ""))


@pages.action("/sign-in", Open.ENTRANCE, LARGEST)
async def signing_in(asked: Asked) -> Response:
    form = await asked.form()
    name, to = form.get("name", "").strip()[:LONGEST_NAME], form.get("to", "")
    if not may_guess(asked, name):
        return await entrance_page(asked, 429, name=name, to=to, problem="entrance.too_often")
    account = await accounts.named(asked.parts.database, name)
    right = await passwords.is_right(form.get("password", ""), account.password if account else "")
    if account is None or account.closed or not right:
        await asked.audit("sign_in.refused", name)
        return await entrance_page(asked, 403, name=name, to=to, problem="entrance.not_right")
    if account.totp:
        response = asked.show("entrance/code.html", to=place_in(to), problem="")
        await sign_ins_of(asked).begin(asked.connection, response, account, pending=True)
        return response
    return await signed_in(asked, account, place_in(to))


@pages.action("/sign-in/code", Open.ENTRANCE, LARGEST)
async def saying_the_code(asked: Asked) -> Response:
    form = await asked.form()
    to, person = form.get("to", ""), await sign_ins_of(asked).person(asked.connection, pending=True)
    if person is None:
        return await entrance_page(asked, 403, to=to, problem="entrance.too_late")
    account = person.account
    if not may_guess(asked, account.name):
        return asked.show("entrance/code.html", 429, to=place_in(to), problem="entrance.too_often")
    try:
        right = await codes.is_right(asked, account, form.get("code", ""))
    except (NotReadable, OSError, ValueError) as error:
        log.error("one-time code not checked", problem=str(error), next="see Objects and their keys in infra/README.md")
        return asked.show("entrance/code.html", 503, to=place_in(to), problem="entrance.code_unreadable")
    if not right:
        await asked.audit("sign_in.refused", account.name, code=True)
        return asked.show("entrance/code.html", 403, to=place_in(to), problem="entrance.code_not_right")
    return await signed_in(asked, account, place_in(to))


@pages.action("/sign-out", Permission.OWN)
async def sign_out(asked: Asked) -> Response:
    await asked.audit("sign_in.ended", asked.who.name)
    response = asked.go("/console/sign-in")
    await sign_ins_of(asked).end(asked.connection, response)
    return response


@pages.page("/join/{token}", Open.LINK)
async def join(asked: Asked) -> Response:
    invitation = await _invitation(asked)
    if invitation is None:
        return asked.show("entrance/gone.html", 410)
    return await _joining_page(asked, invitation)


@pages.action("/join/{token}", Open.LINK, LARGEST)
async def joining(asked: Asked) -> Response:
    form = await asked.form()
    invitation = await _invitation(asked)
    if invitation is None:
        return asked.show("entrance/gone.html", 410)
    name, password = normalize("NFC", form.get("name", "").strip()), form.get("password", "")
    problem = passwords.problem(password, form.get("again", ""))
    if invitation.account is None and not is_a_name(name):
        problem = "entrance.no_name"
    if problem:
        return await _joining_page(asked, invitation, 422, name=name, problem=problem)
    account = await _joined(asked, invitation, name, await passwords.hashed(password))
    if account is None:
        return await _joining_page(asked, invitation, 409, name=name, problem="entrance.name_taken")
    return await signed_in(asked, account, "/console/")


async def _joined(asked: Asked, invitation: Invitation, name: str, password: str) -> Account | None:
    """The account that the link makes, or whose password it sets; None where the name is taken."""
    database = asked.parts.database
    if invitation.account is not None:
        found = await accounts.account_of(database, invitation.account)
        if found is None or not await accounts.use_up(database, invitation.id):
            return None
        await accounts.change_account(database, found.id, password=password, totp="", totp_step=0)
        await accounts.sign_out_everywhere(database, found.id)
        await asked.audit("account.password_set", found.name)
        return found
    account = Account(uuid4(), name, invitation.role, asked.words.language, password, datetime.now(UTC))
    if await accounts.named(database, name) is not None:
        return None
    try:
        await accounts.add_account(database, account)
    except NameTaken:
        return None
    if invitation.id != _first_id(asked) and not await accounts.use_up(database, invitation.id):
        await accounts.change_account(database, account.id, closed=True)
        return None
    console_of(asked).first = ""
    detail = {"role": account.role, "invited_by": invitation.made_by}
    await audit.add(database, account.name, "account.made", account.name, detail)
    return account


async def _invitation(asked: Asked) -> Invitation | None:
    """What the link in the address is good for, if anything."""
    id, now = hashed(asked.path["token"]), datetime.now(UTC)
    if id == _first_id(asked) and not await accounts.any_account(asked.parts.database):
        return Invitation(id, "admin", "the house", now, now)
    found = await accounts.invitation_of(asked.parts.database, id, now)
    return found if found and found.role in ROLES else None


async def signed_in(asked: Asked, account: Account, to: str) -> Response:
    response = asked.go(to)
    asked.person = await sign_ins_of(asked).begin(asked.connection, response, account)
    await asked.audit("sign_in.begun", account.name)
    return response


async def entrance_page(asked: Asked, status: int = 200, name: str = "", to: str = "", problem: str = "") -> Response:
    anybody = await accounts.any_account(asked.parts.database)
    provider = console_of(asked).provider
    context = {"name": name, "to": place_in(to), "problem": problem, "anybody": anybody, "provider": provider}
    return asked.show("entrance/sign_in.html", status, **context, link=bool(console_of(asked).first))


async def _joining_page(
    asked: Asked, invitation: Invitation, status: int = 200, name: str = "", problem: str = ""
) -> Response:
    account = invitation.account and await accounts.account_of(asked.parts.database, invitation.account)
    context = {"name": name, "problem": problem, "role": invitation.role, "account": account}
    return asked.show("entrance/join.html", status, **context, shortest=passwords.SHORTEST, languages=LANGUAGES)


def may_guess(asked: Asked, name: str) -> bool:
    """Whether one more guess at a password or a code of this account is taken, from here."""
    address = asked.connection.client.host if asked.connection.client else ""
    # Both are counted, whatever the first says.
    both = (_guesses.hit(OF_AN_ACCOUNT, "account", name.lower()), _guesses.hit(OF_AN_ADDRESS, "address", address))
    return all(both)


def may_come_back(asked: Asked) -> bool:
    """Whether one more who says they come from the provider is asked about, from here."""
    return _guesses.hit(BACK, "back", asked.connection.client.host if asked.connection.client else "")


def is_a_name(name: str) -> bool:
    """Whether people will know whose it is: nothing in it is unseen, and it is none that the audit has for others."""
    return bool(NAME.fullmatch(name)) and name.isprintable() and name.lower() not in OTHERS


def place_in(to: str) -> str:
    """Where to go on to: a page of ours, or the first one."""
    return to if to.startswith("/console/") and "\\" not in to and "//" not in to else "/console/"
