"""The console's routes and the way in."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.exc import OperationalError
from starlette.routing import Route

from app.console import passwords, sign_ins
from app.console.guard import Guarded, GuardedSocket
from app.console.inviting import link_to
from app.console.mount import PARTS, checked
from app.console.pages import entrance
from app.console.permissions import ROLES, Open, Permission
from app.store import accounts, audit
from app.store.accounts import hashed
from app.store.database import Database
from app.store.envelope import Keys
from app.store.sealed_texts import MARK, opened, sealed
from tests.console.site import HERE, OURS, PASSWORD, Site, site


@pytest_asyncio.fixture
async def fresh(tmp_path: Path) -> AsyncIterator[Site]:
    """A console that nobody has an account of."""
    entrance._guesses.storage.reset()
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'frontline.db'}")
    async with site(database, tmp_path) as made:
        yield made
    await database.close()


def all_routes() -> list[Route]:
    return [route for part in PARTS for route in part.routes if isinstance(route, Route)]


def filled(path: str) -> str:
    """A path with something in the place of every name."""
    return "/console" + path.replace("{name}", "app.js").replace("{", "").replace("}", "")


def test_every_route_says_what_it_needs_and_nothing_else_can_be_put_in() -> None:
    for part in PARTS:
        for route in part.routes:
            endpoint = getattr(route, "endpoint", None)
            assert isinstance(endpoint, Guarded | GuardedSocket), route
            assert isinstance(endpoint.needs, Permission | Open)
    with pytest.raises(AssertionError):
        checked([Route("/naked", lambda _: None)])


async def test_without_a_sign_in_every_page_leads_to_it_and_nothing_is_changed(fresh: Site) -> None:
    for route in all_routes():
        guarded = route.endpoint
        assert isinstance(guarded, Guarded)
        if isinstance(guarded.needs, Open):
            continue
        if "GET" in guarded.methods:
            answer = await fresh.open(filled(route.path))
            assert answer.status_code == 303, route.path
            assert answer.headers["location"].startswith("/console/sign-in"), route.path
        else:
            assert (await fresh.send(filled(route.path))).status_code == 401, route.path


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_gets_what_its_permissions_say_and_nothing_else(fresh: Site, role: str) -> None:
    await fresh.sign_in(role=role)
    for route in all_routes():
        guarded = route.endpoint
        assert isinstance(guarded, Guarded)
        if isinstance(guarded.needs, Open) or guarded.needs in ROLES[role]:
            continue
        path = filled(route.path)
        answer = await (fresh.open(path) if "GET" in guarded.methods else fresh.send(path))
        assert answer.status_code == 403, (role, route.path)


def test_the_roles_grow_and_an_admin_has_all() -> None:
    assert ROLES["viewer"] < ROLES["qa"] < ROLES["manager"] < ROLES["admin"] == set(Permission)
    assert ROLES["viewer"] < ROLES["ops"] < ROLES["admin"]
    assert Permission.PUBLISH_LINES not in ROLES["qa"]
    assert Permission.HEAR_CALLS not in ROLES["viewer"]


# ---- the first account


async def test_the_first_link_makes_an_admin_once(fresh: Site) -> None:
    link = fresh.console.first_link(8000)
    assert link.startswith("http://127.0.0.1:8000/console/join/")
    path = link.removeprefix(HERE)
    assert "Make your account" in (await fresh.open(path)).text
    made = await fresh.send(path, name="Ana", password=PASSWORD, again=PASSWORD)
    assert (made.status_code, made.headers["location"]) == (303, "/console/")
    [account] = await accounts.all_accounts(fresh.database)
    assert (account.name, account.role) == ("Ana", "admin")
    assert PASSWORD not in account.password
    assert (await fresh.open("/console/own")).status_code == 200
    assert fresh.console.first_link(8000) == ""
    assert (await fresh.open(path)).status_code == 410


async def test_where_people_may_come_from_outside_there_is_no_first_link(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'frontline.db'}")
    async with site(database, tmp_path, HOST="0.0.0.0") as outside:
        assert outside.console.first_link(8000) == ""
        assert "frontline console invite" in (await outside.open("/console/sign-in")).text
    await database.close()


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "Ana", "password": "short", "again": "short"},
        {"name": "Ana", "password": PASSWORD, "again": PASSWORD + "!"},
        {"name": "", "password": PASSWORD, "again": PASSWORD},
        {"name": "<b>Ana</b>", "password": PASSWORD, "again": PASSWORD},
        {"name": "Ana\u202e", "password": PASSWORD, "again": PASSWORD},
        {"name": "Nobody", "password": PASSWORD, "again": PASSWORD},
    ],
)
async def test_what_is_wrong_with_a_new_account_is_said_and_nothing_is_made(
    fresh: Site, fields: dict[str, str]
) -> None:
    answer = await fresh.send(fresh.console.first_link(8000).removeprefix(HERE), **fields)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert not await accounts.any_account(fresh.database)


async def test_an_invitation_works_once_and_gives_its_role(fresh: Site) -> None:
    path = (await link_to(fresh.database, "", "qa", "Ana")).strip()
    assert (await fresh.send(path, name="Bo", password=PASSWORD, again=PASSWORD)).status_code == 303
    bo = await accounts.named(fresh.database, "bo")
    assert bo is not None and bo.role == "qa"
    async with fresh.another() as other:
        assert (await other.get(path)).status_code == 410


async def test_a_link_for_a_new_password_ends_every_sign_in(fresh: Site) -> None:
    ana = await fresh.sign_in()
    path = await link_to(fresh.database, "", "admin", "Bo", ana)
    async with fresh.another() as other:
        form = {"password": "another four words", "again": "another four words"}
        assert (await other.post(path, data=form, headers=OURS)).status_code == 303
    assert (await fresh.open("/console/own")).status_code == 303


# ---- signing in


async def test_a_wrong_password_and_an_unknown_name_are_told_alike(fresh: Site) -> None:
    await fresh.account()
    wrong = await fresh.send("/console/sign-in", name="Ana", password="not the right one")
    unknown = await fresh.send("/console/sign-in", name="Bob", password="not the right one")
    assert wrong.status_code == unknown.status_code == 403
    assert wrong.text.replace("Ana", "") == unknown.text.replace("Bob", "") or "do not belong" in unknown.text


async def test_a_name_of_any_letters_signs_in(fresh: Site) -> None:
    await fresh.account("Ñoño Ángel")
    assert (await fresh.send("/console/sign-in", name="Ñoño Ángel", password=PASSWORD)).status_code == 303


async def test_what_nobody_in_particular_sends_is_small_and_so_is_what_stays_of_it(fresh: Site) -> None:
    assert (await fresh.send("/console/sign-in", name="x" * 20_000)).status_code == 413
    await fresh.send("/console/sign-in", name="x" * 5_000, password="wrong")
    [refused] = await audit.listed(fresh.database, audit.Wish(action="sign_in.refused"), most=5)
    assert len(refused.object) == entrance.LONGEST_NAME


async def test_a_browser_left_open_is_no_place_to_guess_the_password(fresh: Site) -> None:
    await fresh.sign_in()
    entrance._guesses.storage.reset()
    for _ in range(6):
        assert (await fresh.send("/console/own/password", old="a guess of mine")).status_code == 403
    new = "quite another password"
    answer = await fresh.send("/console/own/password", old=PASSWORD, password=new, again=new)
    assert (answer.status_code, "Too many" in answer.text) == (403, True)


async def test_guessing_is_slowed_down(fresh: Site) -> None:
    await fresh.account()
    for _ in range(6):
        await fresh.send("/console/sign-in", name="Ana", password="a guess of mine")
    assert (await fresh.send("/console/sign-in", name="Ana", password=PASSWORD)).status_code == 429


async def test_the_cookie_says_nothing_and_the_database_opens_nothing(fresh: Site) -> None:
    await fresh.account()
    answer = await fresh.send("/console/sign-in", name="Ana", password=PASSWORD)
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie
    [kept] = await accounts.sign_ins_of(fresh.database)
    token = fresh.browser.cookies["frontline-8000"]
    assert kept.id == hashed(token) != token


@pytest.mark.parametrize("over", ["idle", "old"])
async def test_a_sign_in_ends_after_an_hour_unused_and_after_twelve_in_any_case(fresh: Site, over: str) -> None:
    await fresh.sign_in()
    [kept] = await accounts.sign_ins_of(fresh.database)
    now = datetime.now(UTC)
    assert sign_ins.holds(kept, now)
    assert sign_ins.holds(kept, now + timedelta(minutes=59))
    later = now + (timedelta(minutes=61) if over == "idle" else timedelta(hours=12, seconds=1))
    assert not sign_ins.holds(kept, later)


async def test_signing_in_leads_on_to_the_page_that_was_wanted_and_never_elsewhere(fresh: Site) -> None:
    await fresh.account()
    for wanted, place in {
        "/console/audit?words=a": "/console/audit?words=a",
        "https://evil.example/console/": "/console/",
        "//evil.example": "/console/",
        "/console//evil.example": "/console/",
        "/console/\\evil": "/console/",
    }.items():
        entrance._guesses.storage.reset()
        answer = await fresh.send("/console/sign-in", name="Ana", password=PASSWORD, to=wanted)
        assert answer.headers["location"] == place, wanted


async def test_a_one_time_code_is_asked_for_and_works_once(fresh: Site) -> None:
    ana, secret = await fresh.account(), passwords.new_totp()
    await accounts.change_account(fresh.database, ana.id, totp=secret)
    asked = await fresh.send("/console/sign-in", name="Ana", password=PASSWORD)
    assert (asked.status_code, "One-time code" in asked.text) == (200, True)
    assert (await fresh.open("/console/own")).status_code == 303  # not in yet
    assert (await fresh.send("/console/sign-in/code", code="000000")).status_code == 403
    import pyotp

    code = pyotp.TOTP(secret).now()
    assert (await fresh.send("/console/sign-in/code", code=code)).status_code == 303
    assert (await fresh.open("/console/own")).status_code == 200
    async with fresh.another() as other:
        await other.post("/console/sign-in", data={"name": "Ana", "password": PASSWORD}, headers=OURS)
        again = await other.post("/console/sign-in/code", data={"code": code}, headers=OURS)
        assert again.status_code == 403


async def test_a_closed_account_is_out_at_once(fresh: Site) -> None:
    ana = await fresh.sign_in()
    await accounts.change_account(fresh.database, ana.id, closed=True)
    assert (await fresh.open("/console/own")).status_code == 303


async def test_signing_out_ends_it_on_the_server(fresh: Site) -> None:
    await fresh.sign_in()
    kept = dict(fresh.browser.cookies)
    await fresh.send("/console/sign-out")
    async with fresh.another() as other:
        other.cookies.update(kept)
        assert (await other.get("/console/own")).status_code == 303


# ---- from where


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": HERE},
        {"Sec-Fetch-Site": "same-site", "Origin": HERE},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    ],
)
async def test_what_another_site_sends_changes_nothing(fresh: Site, headers: dict[str, str]) -> None:
    await fresh.sign_in()
    answer = await fresh.browser.post("/console/sign-out", headers=headers)
    assert answer.status_code == 403
    assert (await fresh.open("/console/own")).status_code == 200


async def test_under_a_name_that_is_not_ours_there_is_no_console(fresh: Site) -> None:
    async with fresh.another("http://frontline.evil.example") as other:
        assert (await other.get("/console/sign-in")).status_code == 421


async def test_by_https_the_cookie_is_bound_to_the_host(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'frontline.db'}")
    home = "https://calls.example.com"
    async with site(
        database, tmp_path, PUBLIC_URL=home, TWILIO_AUTH_TOKEN="x" * 32, TWILIO_ACCOUNT_SID="AC" + "0" * 32
    ) as outside:
        await outside.account()
        async with outside.another(home) as browser:
            form = {"name": "Ana", "password": PASSWORD}
            answer = await browser.post("/console/sign-in", data=form, headers={"Origin": home})
            assert answer.headers["set-cookie"].startswith("__Host-frontline=")
            assert "Secure" in answer.headers["set-cookie"]
            assert answer.headers["strict-transport-security"]
    await database.close()


async def test_every_page_keeps_to_itself(fresh: Site) -> None:
    await fresh.sign_in()
    first, second = await fresh.open("/console/own"), await fresh.open("/console/own")
    policy = first.headers["content-security-policy"]
    assert policy != second.headers["content-security-policy"]
    for wanted in (
        "default-src 'none'",
        "'strict-dynamic'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    ):
        assert wanted in policy
    assert "unsafe" not in policy
    assert first.headers["cache-control"] == "no-store"
    for name in ("x-content-type-options", "referrer-policy", "cross-origin-opener-policy", "permissions-policy"):
        assert name in first.headers


def test_no_template_has_a_script_or_a_style_of_its_own() -> None:
    folder = Path("app/console/templates")
    for file in folder.rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        assert " style=" not in text and "<style" not in text, file
        assert " onclick" not in text and "javascript:" not in text and "hx-on" not in text, file
        for script in text.split("<script")[1:]:
            assert "nonce=" in script.partition(">")[0] or "application/json" in script.partition(">")[0], file


async def test_files_are_built_or_the_page_says_how(fresh: Site, tmp_path: Path) -> None:
    assert "make web" in (await fresh.open("/console/sign-in")).text
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "app-1.js").write_text("1", encoding="utf-8")
    (tmp_path / "static" / "manifest.json").write_text(json.dumps({}), encoding="utf-8")
    answer = await fresh.open("/console/static/app-1.js")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert "immutable" in answer.headers["cache-control"]
    for other in ("manifest.json", "..%2Fmount.py", "nothing.js", ".hidden"):
        assert (await fresh.open(f"/console/static/{other}")).status_code == 404


# ---- one's own account


async def test_pages_speak_the_browsers_language_until_the_account_has_one(fresh: Site) -> None:
    answer = await fresh.open("/console/sign-in", **{"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"})
    assert 'lang="es"' in answer.text
    await fresh.sign_in()
    await fresh.send("/console/own/language", language="es")
    assert "Su cuenta" in (await fresh.open("/console/own")).text


async def test_a_new_password_ends_the_other_sign_ins(fresh: Site) -> None:
    await fresh.sign_in()
    async with fresh.another() as other:
        await other.post("/console/sign-in", data={"name": "Ana", "password": PASSWORD}, headers=OURS)
        assert (await other.get("/console/own")).status_code == 200
        new = "quite another password"
        assert (await fresh.send("/console/own/password", old=PASSWORD, password=new, again=new)).status_code == 303
        assert (await other.get("/console/own")).status_code == 303
    assert (await fresh.open("/console/own")).status_code == 200


async def test_codes_are_switched_on_by_a_first_code(fresh: Site) -> None:
    import pyotp

    ana = await fresh.sign_in()
    page = (await fresh.open("/console/own/codes")).text
    secret = page.partition('name="secret" value="')[2].partition('"')[0]
    code = pyotp.TOTP(secret).now()
    assert (await fresh.send("/console/own/codes", secret=secret, code="12", password=PASSWORD)).status_code == 422
    assert (await fresh.send("/console/own/codes", secret=secret, code=code, password="x")).status_code == 403
    assert (await fresh.send("/console/own/codes", secret=secret, code=code, password=PASSWORD)).status_code == 303
    kept = await accounts.account_of(fresh.database, ana.id)
    assert kept is not None and kept.totp.startswith(MARK) and secret not in kept.totp


async def test_a_secret_that_was_kept_open_is_sealed_when_it_is_used_and_again_with_a_new_key(fresh: Site) -> None:
    import pyotp

    ana, secret = await fresh.account(), passwords.new_totp()
    await accounts.change_account(fresh.database, ana.id, totp=secret)
    kept = [secret]
    for keys in (Keys(b"1" * 32), Keys(b"2" * 32, b"1" * 32)):
        fresh.console.parts = replace(fresh.console.parts, keys=partial(_these, keys))
        await accounts.change_account(fresh.database, ana.id, totp_step=0)
        await fresh.send("/console/sign-in", name="Ana", password=PASSWORD)
        assert (await fresh.send("/console/sign-in/code", code=pyotp.TOTP(secret).now())).status_code == 303
        [now] = await accounts.all_accounts(fresh.database)
        kept.append(now.totp)
    assert secret not in kept[1] + kept[2] and len(set(kept)) == 3
    assert opened(Keys(b"2" * 32), f"one-time codes of {ana.id}", kept[2]) == secret


@pytest.mark.parametrize("keys", [None, Keys(b"2" * 32)])
async def test_a_secret_whose_key_is_gone_opens_nothing_and_that_is_said(fresh: Site, keys: Keys | None) -> None:
    ana = await fresh.account()
    await accounts.change_account(fresh.database, ana.id, totp=sealed(Keys(b"1" * 32), "another's", "A" * 32))
    fresh.console.parts = replace(fresh.console.parts, keys=lambda: keys)
    await fresh.send("/console/sign-in", name="Ana", password=PASSWORD)
    answer = await fresh.send("/console/sign-in/code", code="000000")
    assert (answer.status_code, "keys of this house" in answer.text) == (503, True)


def _these(keys: Keys) -> Keys:
    return keys


# ---- the audit page


async def test_what_people_do_is_on_record_searched_and_proven(fresh: Site) -> None:
    await fresh.sign_in()
    await audit.add(fresh.database, "Bo", "call.heard", "CA1", {"seconds": 3})
    page = await fresh.open("/console/audit")
    assert "call.heard" in page.text and "sign_in.begun" in page.text
    assert "sign_in.begun</code>" not in (await fresh.open("/console/audit?words=CA1")).text
    proof = await fresh.send("/console/audit/proof")
    assert "The chain holds: 2 entries" in proof.text


async def test_a_text_on_record_is_shown_as_it_stands_and_never_run(fresh: Site) -> None:
    await fresh.sign_in()
    evil = "<img src=x onerror=alert(1)>"
    await audit.add(fresh.database, evil, "call.heard", evil, {"note": evil})
    page = await fresh.open("/console/audit")
    assert evil not in page.text and "&lt;img" in page.text


async def test_a_house_without_its_database_says_so(fresh: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    await fresh.sign_in()

    async def nobody_answers(*_: object) -> None:
        raise OperationalError("", {}, OSError())

    monkeypatch.setattr(accounts, "signed_in", nobody_answers)
    for path in ("/console/own", "/console/nothing"):
        assert (await fresh.open(path)).status_code == 503


async def test_a_page_that_is_not_there_is_told_of(fresh: Site) -> None:
    assert (await fresh.open("/console/nothing")).status_code == 404
    await fresh.sign_in()
    assert "There is no such page" in (await fresh.open("/console/nothing")).text


async def test_too_much_is_not_taken(fresh: Site) -> None:
    await fresh.sign_in()
    answer = await fresh.send("/console/own/language", language="x" * 3_000_000)
    assert answer.status_code == 413
