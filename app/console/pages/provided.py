"""Signing in through an identity provider: away to it, and back as somebody of the console's."""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from unicodedata import normalize
from urllib.parse import quote, unquote
from uuid import uuid4

import structlog
from starlette.responses import Response

from app.console.asked import Asked
from app.console.guard import Pages
from app.console.pages.entrance import (
    LONGEST_NAME,
    console_of,
    entrance_page,
    is_a_name,
    may_come_back,
    place_in,
    signed_in,
)
from app.console.permissions import Open
from app.console.provider import Claims, Departure, NotSignedIn, departure
from app.settings.oidc import role_of
from app.store import accounts, audit
from app.store.accounts import Account, NameTaken

AWAY_S: Final = 600  # so long somebody may take to sign in there
BACK: Final = "/console/sign-in/provider/back"
LONGEST_SUBJECT: Final = 200
THEIRS: Final = "the identity provider"

log = structlog.get_logger(__name__)
pages = Pages([])


@pages.page("/sign-in/provider", Open.ENTRANCE)
async def leave(asked: Asked) -> Response:
    """To the provider; the browser keeps what proves that it is the same one that comes back."""
    provider, to = console_of(asked).provider, place_in(asked.query.get("to", ""))
    if provider is None or asked.person is not None:
        return asked.go(to)
    leaving = departure()
    try:
        address = await provider.address(_back(asked), leaving)
    except NotSignedIn as problem:
        return await _refused(asked, problem, to)
    response = Response(status_code=303, headers={"Location": address})
    kept = ".".join((leaving.state, leaving.nonce, leaving.verifier, quote(to, safe="")))
    response.set_cookie(_cookie(asked), kept, AWAY_S, path="/", secure=_secure(asked), httponly=True, samesite="lax")
    return response


@pages.page("/sign-in/provider/back", Open.ENTRANCE)
async def come_back(asked: Asked) -> Response:
    """Back, with a code that says who it is to whoever knows the client's secret and the verifier."""
    provider, found = console_of(asked).provider, _kept(asked)
    query, to = asked.query, found[1] if found else "/console/"
    if provider is None or found is None or not hmac.compare_digest(query.get("state", "").encode(), found[2]):
        return await entrance_page(asked, 403, to=to, problem="entrance.too_late")
    if not may_come_back(asked):
        return await entrance_page(asked, 429, to=to, problem="entrance.too_often")
    try:
        if "code" not in query or query.get("iss", provider.issuer) != provider.issuer:
            raise NotSignedIn(f"the provider sent no code, but {query.get('error', 'nothing')[:100]}")
        claims = await provider.claims(query["code"], _back(asked), found[0])
    except NotSignedIn as problem:
        return await _refused(asked, problem, to)
    account = await _account(asked, claims)
    if account is None:
        await asked.audit("sign_in.refused", claims.name[:LONGEST_NAME], provider=True)
        return await entrance_page(asked, 403, to=to, problem="entrance.no_role")
    return _over(asked, await signed_in(asked, account, to))


async def _refused(asked: Asked, problem: NotSignedIn, to: str) -> Response:
    log.warning("sign-in by the provider failed", problem=str(problem), next="see The console in infra/README.md")
    return _over(asked, await entrance_page(asked, 502, to=to, problem="entrance.provider_failed"))


# ---- whose account it is


async def _account(asked: Asked, claims: Claims) -> Account | None:
    """The account of whoever came back, as the provider has their role now; None where they may not come in."""
    database = asked.parts.database
    role = role_of(asked.parts.settings.oidc_roles, claims.mail, claims.groups)
    subject = _subject(asked, claims)
    found = await accounts.of_subject(database, subject)
    if not role or (found is not None and found.closed):
        return None
    if found is None:
        return await _made(asked, claims, role, subject)
    if found.role != role:
        await accounts.change_account(database, found.id, role=role)
        detail = {"before": found.role, "after": role}
        await audit.add(database, THEIRS, "account.role_changed", found.name, detail)
    return await accounts.of_subject(database, subject)


async def _made(asked: Asked, claims: Claims, role: str, subject: str) -> Account | None:
    """A new account: never one that is there already, whatever the provider says of names and addresses."""
    database = asked.parts.database
    for name in _names(claims, subject):
        if await accounts.named(database, name) is not None:
            continue
        account = Account(uuid4(), name, role, asked.words.language, "", datetime.now(UTC), subject=subject)
        try:
            await accounts.add_account(database, account)
        except NameTaken:  # or the same person came in twice at once
            continue
        await audit.add(database, name, "account.made", name, {"role": role, "invited_by": THEIRS})
        return account
    return await accounts.of_subject(database, subject)


def _names(claims: Claims, subject: str) -> Iterator[str]:
    mark = hashlib.sha256(subject.encode()).hexdigest()[:8]
    name = normalize("NFC", claims.name).strip()
    for one in (name, claims.mail, f"{name[:80]} {mark}", f"{mark} of {THEIRS}"):
        if is_a_name(one):
            yield one


def _subject(asked: Asked, claims: Claims) -> str:
    subject = f"{asked.parts.settings.oidc_issuer} {claims.subject}"
    return subject if len(subject) <= LONGEST_SUBJECT else hashlib.sha256(subject.encode()).hexdigest()


# ---- what the browser keeps meanwhile


def _kept(asked: Asked) -> tuple[Departure, str, bytes] | None:
    parts = asked.connection.cookies.get(_cookie(asked), "").split(".", 3)
    if len(parts) != 4 or not all(parts[:3]):
        return None
    return Departure(*parts[:3]), place_in(unquote(parts[3])), parts[0].encode()


def _over(asked: Asked, response: Response) -> Response:
    response.delete_cookie(_cookie(asked), path="/", secure=_secure(asked), httponly=True, samesite="lax")
    return response


def _where(asked: Asked) -> tuple[str, str]:
    return asked.connection.url.scheme, asked.connection.headers.get("host", "")


def _cookie(asked: Asked) -> str:
    return f"{asked.origins.cookie(*_where(asked))}-away"


def _secure(asked: Asked) -> bool:
    return not asked.origins.plain(*_where(asked))


def _back(asked: Asked) -> str:
    return asked.origins.base(*_where(asked)) + BACK
