"""One's own account: language, password, one-time codes, and where one is signed in."""

from typing import Final

from starlette.responses import Response

from app.console import codes as one_time
from app.console import passwords
from app.console.asked import Asked
from app.console.guard import Pages
from app.console.pages.entrance import may_guess
from app.console.permissions import Permission
from app.console.words import LANGUAGES
from app.store import accounts

PATH: Final = "/console/own"

pages = Pages([])


@pages.page("/own", Permission.OWN)
async def own(asked: Asked) -> Response:
    return await _page(asked)


@pages.action("/own/language", Permission.OWN)
async def language(asked: Asked) -> Response:
    wanted = (await asked.form()).get("language", "")
    if wanted in LANGUAGES:
        await accounts.change_account(asked.parts.database, asked.who.account.id, language=wanted)
    return asked.go(PATH)


@pages.action("/own/password", Permission.OWN)
async def password(asked: Asked) -> Response:
    form, account = await asked.form(), asked.who.account
    if problem := await _wrong(asked, form.get("old", "")):
        return await _page(asked, 403, problem=problem)
    if problem := passwords.problem(form.get("password", ""), form.get("again", "")):
        return await _page(asked, 422, problem=problem)
    hashed = await passwords.hashed(form["password"])
    await accounts.change_account(asked.parts.database, account.id, password=hashed)
    await accounts.sign_out_everywhere(asked.parts.database, account.id, but=asked.who.sign_in.id)
    await asked.audit("account.password_set", account.name)
    return asked.go(PATH, "own.told_password")


@pages.page("/own/codes", Permission.OWN)
async def codes(asked: Asked) -> Response:
    """A new key for one-time codes, to be proven by a first code."""
    return _codes_page(asked, passwords.new_totp())


@pages.action("/own/codes", Permission.OWN)
async def codes_on(asked: Asked) -> Response:
    form, account = await asked.form(), asked.who.account
    secret = form.get("secret", "")
    step = passwords.step_of(secret, form.get("code", "")) if secret.isalnum() and len(secret) == 32 else None
    if step is None:
        return _codes_page(asked, passwords.new_totp(), 422, "entrance.code_not_right")
    if problem := await _wrong(asked, form.get("password", "")):
        return _codes_page(asked, secret, 403, problem)
    await one_time.switch_on(asked, account, secret, step)
    await accounts.sign_out_everywhere(asked.parts.database, account.id, but=asked.who.sign_in.id)
    await asked.audit("account.codes_on", account.name)
    return asked.go(PATH, "own.told_codes_on")


@pages.action("/own/codes/off", Permission.OWN)
async def codes_off(asked: Asked) -> Response:
    account = asked.who.account
    if problem := await _wrong(asked, (await asked.form()).get("password", "")):
        return await _page(asked, 403, problem=problem)
    await accounts.change_account(asked.parts.database, account.id, totp="", totp_step=0)
    await asked.audit("account.codes_off", account.name)
    return asked.go(PATH, "own.told_codes_off")


@pages.action("/own/sign-ins/{id}/end", Permission.OWN)
async def end(asked: Asked) -> Response:
    """Sign out another browser of one's own."""
    if await accounts.sign_out(asked.parts.database, asked.path["id"], asked.who.account.id):
        await asked.audit("sign_in.revoked", asked.who.name)
    return asked.go(PATH, "own.told_ended")


async def _wrong(asked: Asked, password: str) -> str:
    """The text that says why this is not taken for the password: a browser left open must not guess it, either."""
    if not may_guess(asked, asked.who.name):
        return "entrance.too_often"
    return "" if await passwords.is_right(password, asked.who.account.password) else "own.old_not_right"


async def _page(asked: Asked, status: int = 200, problem: str = "") -> Response:
    sign_ins = await accounts.sign_ins_of(asked.parts.database, asked.who.account.id)
    return asked.show("own/own.html", status, sign_ins=sign_ins, problem=problem, shortest=passwords.SHORTEST)


def _codes_page(asked: Asked, secret: str, status: int = 200, problem: str = "") -> Response:
    import segno  # only here

    drawn = segno.make(passwords.totp_address(secret, asked.who.name), micro=False)
    picture = drawn.svg_data_uri(scale=5, border=2, dark="#1f2937", light="#ffffff")
    return asked.show("own/codes.html", status, secret=secret, picture=picture, problem=problem)
