"""Signing in through an identity provider: who comes in and as what, and who does not, whatever a token says."""

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from joserfc.jwk import OctKey, RSAKey

from app.console.mount import PARTS
from app.console.pages import entrance
from app.console.provider import Provider
from app.settings import SettingsError, load
from app.settings.oidc import ROLES, role_of
from app.store import accounts, audit
from app.store.database import Database
from tests.console.identity import CLIENT, ISSUER, SECRET, Identity
from tests.console.site import HERE, PASSWORD, Site, site

WHO = "admin=Boss@example.com, manager=support leads, viewer=staff"
SETTINGS = {
    "FRONTLINE_OIDC_ISSUER": ISSUER,
    "FRONTLINE_OIDC_CLIENT_ID": CLIENT,
    "FRONTLINE_OIDC_SECRET": SECRET,
    "FRONTLINE_OIDC_ROLES": WHO,
}
AWAY, BACK = "/console/sign-in/provider", "/console/sign-in/provider/back"
MANAGER: dict[str, object] = {"sub": "u1", "name": "Uma", "groups": ["support leads", "staff"]}


@pytest.fixture(scope="module")
def key() -> RSAKey:
    return RSAKey.generate_key(2_048, {"kid": "k1"})


@pytest.fixture
def identity(key: RSAKey) -> Identity:
    return Identity(dict(MANAGER), key=key)


@pytest_asyncio.fixture
async def here(tmp_path: Path, identity: Identity) -> AsyncIterator[Site]:
    """A console that knows a provider; nobody has an account."""
    entrance._guesses.storage.reset()
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'frontline.db'}")
    async with site(database, tmp_path, PARTS, (), **SETTINGS) as made:
        made.console.provider = Provider(ISSUER, CLIENT, SECRET, identity.transport)
        yield made
    await database.close()


async def through(here: Site, identity: Identity, to: str = "/console/own", **changed: str) -> tuple[int, str]:
    """Away, signed in there, and back: with what status, and where to or what is said."""
    here.browser.cookies.clear()
    away = await here.browser.get(AWAY, params={"to": to})
    assert away.status_code == 303, away.text
    back = identity.let_in(away.headers["location"]) | changed
    answer = await here.browser.get(BACK, params=back)
    return answer.status_code, answer.headers.get("location", answer.text)


async def test_somebody_comes_in_as_what_their_group_may_be(here: Site, identity: Identity) -> None:
    assert "Sign in with your organisation" in (await here.open("/console/sign-in")).text
    assert await through(here, identity, "/console/audit") == (303, "/console/audit")
    [uma] = await accounts.all_accounts(here.database)
    assert (uma.name, uma.role, uma.password, uma.subject) == ("Uma", "manager", "", f"{ISSUER} u1")
    assert (await here.open("/console/lines")).status_code in (200, 404)
    assert (await here.open("/console/audit")).status_code == 403
    done = [one.action for one in await audit.listed(here.database, audit.Wish(), most=5)]
    assert done == ["sign_in.begun", "account.made"]
    assert not [name for name in here.browser.cookies if name.endswith("-away")]


async def test_the_same_person_is_the_same_account_with_the_role_of_now(here: Site, identity: Identity) -> None:
    await through(here, identity)
    identity.claims = {"sub": "u1", "name": "Uma Married", "email": "boss@example.com", "email_verified": True}
    await through(here, identity)
    [uma] = await accounts.all_accounts(here.database)
    assert (uma.name, uma.role) == ("Uma", "admin")
    identity.claims = {"sub": "u1", "name": "Uma"}
    assert (await through(here, identity))[0] == 403


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "u2", "name": "Nobody's", "groups": ["others"]},
        {"sub": "u2", "name": "Eve", "email": "boss@example.com"},  # which nobody has verified
        {"sub": "u2", "name": "Eve", "email": "boss@example.com", "email_verified": "true"},
        {"sub": "u2", "name": "Eve", "groups": "support"},
        {"sub": "u2", "groups": {"staff": True}, "roles": 7},  # no list of groups
    ],
)
async def test_whom_nobody_let_in_stays_outside(here: Site, identity: Identity, claims: dict[str, object]) -> None:
    identity.claims = claims
    status, said = await through(here, identity)
    assert (status, "nobody has let you into" in said) == (403, True)
    assert not await accounts.any_account(here.database)


async def test_a_name_or_an_address_is_nobodys_account(here: Site, identity: Identity) -> None:
    ana = await here.account("Uma", "admin")
    await through(here, identity)
    [local, theirs] = sorted(await accounts.all_accounts(here.database), key=lambda one: one.name)
    assert local == ana
    assert theirs.name.startswith("Uma ") and theirs.role == "manager"


async def test_an_account_that_is_closed_here_stays_closed(here: Site, identity: Identity) -> None:
    await through(here, identity)
    [uma] = await accounts.all_accounts(here.database)
    await accounts.change_account(here.database, uma.id, closed=True)
    assert (await through(here, identity))[0] == 403


async def test_an_account_of_the_providers_has_no_password_here(here: Site, identity: Identity) -> None:
    await through(here, identity)
    assert (await here.send("/console/sign-in", name="Uma", password="")).status_code == 403
    assert "/console/own/password" not in (await here.open("/console/own")).text
    async with here.another() as other:
        own = {"Sec-Fetch-Site": "same-origin", "Origin": HERE}
        ana = await here.account("Ana")
        assert ana.role == "admin"
        await other.post("/console/sign-in", data={"name": "Ana", "password": PASSWORD}, headers=own)
        [uma] = [one for one in await accounts.all_accounts(here.database) if one.subject]
        refused = await other.post(f"/console/people/{uma.id}/link", headers=own)
        assert (refused.status_code, "/console/join/" in refused.text) == (409, False)


# ---- what proves it


async def test_only_the_browser_that_left_comes_back_and_only_once(here: Site, identity: Identity) -> None:
    away = await here.browser.get(AWAY)
    back = identity.let_in(away.headers["location"])
    async with here.another() as other:
        assert (await other.get(BACK, params=back)).status_code == 403
    assert (await here.browser.get(BACK, params=back | {"state": "guessed"})).status_code == 403
    assert (await here.browser.get(BACK, params=back)).status_code == 303
    assert (await here.browser.get(BACK, params=back)).status_code == 403


@pytest.mark.parametrize(
    "told",
    [
        {"iss": "https://evil.example.com/"},
        {"aud": "another-client"},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"nonce": "another"},
        {"exp": int(time.time()) - 600},
        {"iat": int(time.time()) + 6_000},
        {"exp": "soon"},
        {"at_hash": "AAAA"},
    ],
)
async def test_a_token_that_does_not_hold_lets_nobody_in(
    here: Site, identity: Identity, told: dict[str, object]
) -> None:
    identity.token = told
    status, said = await through(here, identity)
    assert (status, "did not work" in said) == (502, True), told
    assert not await accounts.any_account(here.database)


@pytest.mark.parametrize("algorithm", ["RS256", "HS256"])
async def test_a_token_of_somebody_elses_lets_nobody_in(here: Site, identity: Identity, algorithm: str) -> None:
    """Another's key of the same name; and the provider's public key, taken for a secret."""
    identity.algorithm = algorithm
    public = json.dumps(identity.key.as_dict(private=False))
    identity.signs_with = OctKey.import_key(public) if algorithm == "HS256" else RSAKey.generate_key(2_048)
    assert (await through(here, identity))[0] == 502


async def test_another_persons_account_is_not_told_of_in_place_of_theirs(here: Site, identity: Identity) -> None:
    identity.token = {"sub": "u9"}  # what is said beside the token is of u1
    assert (await through(here, identity))[0] == 403


async def test_a_provider_whose_key_is_new_is_asked_again(
    here: Site, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    await through(here, identity)
    identity.key = RSAKey.generate_key(2_048, {"kid": "k1"})
    monkeypatch.setattr("app.console.provider.LOOK_AGAIN_S", -1.0)
    assert (await through(here, identity))[0] == 303


@pytest.mark.parametrize(
    "about", [{"issuer": "https://id.example.com"}, {"token_endpoint": "http://id.example.com/token"}, {"jwks_uri": 7}]
)
async def test_a_provider_that_is_another_than_it_should_be_is_not_asked(
    here: Site, identity: Identity, about: dict[str, object]
) -> None:
    identity.about = about
    assert (await here.browser.get(AWAY)).status_code == 502


async def test_a_provider_that_is_down_is_said_and_not_asked_again_at_once(here: Site, identity: Identity) -> None:
    identity.down = True
    for _ in range(3):
        assert (await here.browser.get(AWAY)).status_code == 502
    assert len(identity.asked) == 1


async def test_a_provider_may_want_the_secret_in_the_form(here: Site, identity: Identity) -> None:
    identity.about = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert (await through(here, identity))[0] == 303


@pytest.mark.parametrize("changed", [{"code": "guessed"}, {"iss": "https://evil.example.com/"}])
async def test_a_code_that_is_not_the_providers_lets_nobody_in(
    here: Site, identity: Identity, changed: dict[str, str]
) -> None:
    assert (await through(here, identity, **changed))[0] == 502


async def test_one_leaves_to_the_provider_alone_and_comes_back_to_pages_of_ours(here: Site, identity: Identity) -> None:
    away = await here.browser.get(AWAY, params={"to": "https://evil.example"})
    asked = parse_qs(urlsplit(away.headers["location"]).query)
    assert away.headers["location"].startswith(f"{ISSUER}login?")
    assert asked["redirect_uri"] == [HERE + BACK]
    assert asked["scope"] == ["openid profile email"]
    assert "HttpOnly" in away.headers["set-cookie"]
    assert (await through(here, identity, "https://evil.example")) == (303, "/console/")


async def test_without_a_provider_there_is_none(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'frontline.db'}")
    async with site(database, tmp_path) as bare:
        assert (await bare.browser.get(AWAY)).headers["location"] == "/console/"
        assert (await bare.browser.get(BACK, params={"state": "", "code": "x"})).status_code == 403
    await database.close()


# ---- the settings


def test_whoever_may_have_several_roles_has_the_first() -> None:
    assert role_of(WHO, "BOSS@example.com", {"staff"}) == "admin"
    assert role_of(WHO, "", {"staff", "support leads"}) == "manager"
    assert role_of(WHO, "ana@example.com", ()) == ""
    assert role_of("viewer=*", "", ()) == "viewer"
    from app.console import permissions

    assert set(ROLES) == set(permissions.ROLES)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"FRONTLINE_OIDC_ROLES": "boss=*"}, "FRONTLINE_OIDC_ROLES"),
        ({"FRONTLINE_OIDC_ROLES": "admin"}, "FRONTLINE_OIDC_ROLES"),
        ({"FRONTLINE_OIDC_ROLES": ""}, "needs FRONTLINE_OIDC_ROLES"),
        ({"FRONTLINE_OIDC_ISSUER": "http://id.example.com"}, "FRONTLINE_OIDC_ISSUER"),
        ({"FRONTLINE_OIDC_SECRET": ""}, "needs FRONTLINE_OIDC_SECRET"),
    ],
)
def test_settings_of_a_provider_that_cannot_be_are_named(changed: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load({**SETTINGS, **changed}, None)
    assert said in str(caught.value)
    assert SECRET in load(SETTINGS, None).secrets
