"""People: accounts and their roles, invitations by one-time links, and who is signed in where."""

from collections import Counter
from datetime import UTC, datetime
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console.asked import Asked
from app.console.guard import Pages
from app.console.inviting import link_to
from app.console.permissions import ROLES, Permission
from app.store import accounts
from app.store.accounts import Account

PATH = "/console/people"

pages = Pages([])


@pages.page("/people", Permission.SEE_PEOPLE)
async def people(asked: Asked) -> Response:
    return await _page(asked)


@pages.action("/people/invite", Permission.CHANGE_PEOPLE)
async def invite(asked: Asked) -> Response:
    """The link is shown once: only its hash is kept."""
    role = (await asked.form()).get("role", "")
    if role not in ROLES:
        raise HTTPException(404)
    return await _page(asked, link=await link_to(asked.parts.database, _base(asked), role, asked.who.name))


@pages.action("/people/{id}/link", Permission.CHANGE_PEOPLE)
async def new_password(asked: Asked) -> Response:
    account = await _account(asked)
    if account.subject is not None:
        return await _page(asked, 409, problem="people.problem_elsewhere")
    link = await link_to(asked.parts.database, _base(asked), account.role, asked.who.name, account)
    return await _page(asked, link=link, of=account.name)


@pages.action("/people/{id}/role", Permission.CHANGE_PEOPLE)
async def change_role(asked: Asked) -> Response:
    account, role = await _account(asked), (await asked.form()).get("role", "")
    if role not in ROLES:
        raise HTTPException(404)
    if role != "admin" and await _is_last_admin(asked, account):
        return await _page(asked, 409, problem="people.problem_last_admin")
    await accounts.change_account(asked.parts.database, account.id, role=role)
    await asked.audit("account.role_changed", account.name, before=account.role, after=role)
    return asked.go(PATH, "people.told_role")


@pages.action("/people/{id}/closed", Permission.CHANGE_PEOPLE)
async def change_closed(asked: Asked) -> Response:
    """Close an account, or open it again; who is closed is signed out at once."""
    account = await _account(asked)
    if not account.closed and await _is_last_admin(asked, account):
        return await _page(asked, 409, problem="people.problem_last_admin")
    await accounts.change_account(asked.parts.database, account.id, closed=not account.closed)
    await accounts.sign_out_everywhere(asked.parts.database, account.id)
    await asked.audit("account.opened" if account.closed else "account.closed", account.name)
    return asked.go(PATH, "people.told_opened" if account.closed else "people.told_closed")


@pages.action("/people/{id}/sign-out", Permission.CHANGE_PEOPLE)
async def sign_out(asked: Asked) -> Response:
    account = await _account(asked)
    await accounts.sign_out_everywhere(asked.parts.database, account.id)
    await asked.audit("sign_in.revoked", account.name)
    return asked.go(PATH, "people.told_signed_out")


async def _page(asked: Asked, status: int = 200, link: str = "", of: str = "", problem: str = "") -> Response:
    database = asked.parts.database
    everybody, sign_ins = await accounts.all_accounts(database), await accounts.sign_ins_of(database)
    waiting = await accounts.open_invitations(database, datetime.now(UTC))
    seen = {one.account: one.seen_at for one in reversed(sign_ins)}
    context = {"everybody": everybody, "waiting": waiting, "seen": seen, "roles": tuple(ROLES)}
    signed_in = Counter(one.account for one in sign_ins)
    return asked.show(
        "people/people.html", status, **{**context, "signed_in": signed_in}, link=link, of=of, problem=problem
    )


async def _account(asked: Asked) -> Account:
    try:
        found = await accounts.account_of(asked.parts.database, UUID(asked.path["id"]))
    except ValueError:
        found = None
    if found is None:
        raise HTTPException(404)
    return found


async def _is_last_admin(asked: Asked, account: Account) -> bool:
    """Somebody must be able to let people in."""
    everybody = await accounts.all_accounts(asked.parts.database)
    admins = [one.id for one in everybody if one.role == "admin" and not one.closed]
    return admins == [account.id]


def _base(asked: Asked) -> str:
    url = asked.connection.url
    return asked.parts.settings.public_url or f"{url.scheme}://{url.netloc}"
