"""Set-up in a browser: the provider's button, a number connected or its addresses copied, and a call tried at once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect

from app.rehearsal.twilio_rest import TwilioRest
from tests.browser.conftest import KEPT, PUBLIC
from tests.browser.eyes import Eyes
from tests.browser.house import RunningHouse, house_in
from tests.console.identity import CLIENT, SECRET, Identity
from tests.test_doctor import listening

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATIENCE_MS = 20_000
ACCOUNT, TOKEN = "AC" + "0" * 32, "x" * 32
HOME = "https://calls.example.com"
NUMBER = "+12125550123"
BEFORE = "https://demo.twilio.com/welcome/voice/"
FALLBACK = "https://handler.twilio.com/twiml/EH" + "1" * 32


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def twilio() -> AsyncIterator[TwilioRest]:
    """Twilio's REST API, of an account with one number."""
    rest = TwilioRest(ACCOUNT, TOKEN)
    rest.numbers.buy(NUMBER, friendly_name="Shop", voice_url=BEFORE)
    async with rest.serving():
        yield rest


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def identity() -> AsyncIterator[Identity]:
    """The provider, whose page lets Uma of the staff go on."""
    made = Identity({"sub": "u1", "name": "Uma", "groups": ["staff"]})
    async with listening(made.app) as port:
        made.issuer = f"http://127.0.0.1:{port}/"
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def reached(
    tmp_path_factory: pytest.TempPathFactory, twilio: TwilioRest, identity: Identity
) -> AsyncIterator[RunningHouse]:
    """A house with a Twilio account and an identity provider."""
    given = {"PUBLIC_URL": HOME, "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN}
    given |= {"FRONTLINE_TWILIO_API_URL": twilio.url, "FRONTLINE_OIDC_ISSUER": identity.issuer}
    given |= {"FRONTLINE_OIDC_CLIENT_ID": CLIENT, "FRONTLINE_OIDC_SECRET": SECRET}
    async with house_in(tmp_path_factory.mktemp("reached"), {**given, "FRONTLINE_OIDC_ROLES": "admin=staff"}) as house:
        yield house


@asynccontextmanager
async def looking(browser: Browser, house: RunningHouse) -> AsyncIterator[Eyes]:
    """A browser of its own, not signed in."""
    context = await browser.new_context(base_url=house.url, reduced_motion="reduce")
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    eyes = Eyes(await context.new_page(), KEPT)
    await eyes.page.route("**/console/start/findings", _looked)
    yield eyes
    assert eyes.complaints == []
    await context.close()


async def _looked(route: Route) -> None:
    """The doctor would ask the house's public address, which is somebody else's here."""
    await route.fulfill(body="<p>Looked.</p>", content_type="text/html")


async def come_in(page: Page, to: str) -> None:
    """Through the provider, to a page of ours."""
    await page.goto(to)
    await page.get_by_role("link", name="Sign in with your organisation").click()
    await page.get_by_role("link", name="Go on as Uma").click()


async def test_the_provider_s_button_lets_in_whom_a_group_has_a_role_for(
    browser: Browser, reached: RunningHouse, identity: Identity
) -> None:
    async with looking(browser, reached) as eyes:
        await eyes.look("/console/start", "sign-in-provider")
        identity.claims = {"sub": "u2", "name": "Uma", "groups": ["guests"]}
        await come_in(eyes.page, "/console/start")
        await expect(eyes.page.get_by_role("alert")).to_contain_text("nobody has let you into")
        eyes.complaints = [one for one in eyes.complaints if "403" not in one]  # the browser's own word for the answer
        await eyes.look_here("sign-in-refused")
        identity.claims = {"sub": "u1", "name": "Uma", "groups": ["staff"]}
        await come_in(eyes.page, "/console/start")
        await eyes.page.wait_for_url("**/console/start")
        await expect(eyes.page.get_by_role("heading", name="Set-up")).to_be_visible()


async def test_a_number_is_connected_when_somebody_says_so(
    browser: Browser, reached: RunningHouse, twilio: TwilioRest
) -> None:
    async with looking(browser, reached) as eyes:
        page = eyes.page
        await come_in(page, "/console/start")
        numbers = page.locator("#numbers")
        await expect(numbers.get_by_text("Not connected")).to_be_visible(timeout=PATIENCE_MS)
        await eyes.look_here("set-up-numbers")
        await numbers.locator("summary", has_text="Connect").click()
        await eyes.look_here("set-up-connect")
        await page.reload()  # axe leaves styles on fields, which htmx would carry over
        await numbers.locator("summary", has_text="Connect").click()
        await numbers.get_by_label("Address when this app does not answer").fill(FALLBACK)
        await numbers.get_by_role("button", name="Connect").click()
        assert twilio.numbers.changes == []  # the browser asks for the consent
        await numbers.get_by_label(f"Yes, change {NUMBER}").check()
        await numbers.get_by_role("button", name="Connect").click()
        await expect(numbers.get_by_text(f"{NUMBER} is connected")).to_be_visible(timeout=PATIENCE_MS)
        await eyes.look_here("set-up-connected")
        await page.goto("/console/audit")
        await expect(page.locator("td code", has_text="number.connected")).to_be_visible()
    [(_, changed)] = twilio.numbers.changes
    assert (changed["VoiceUrl"], changed["VoiceFallbackUrl"]) == (f"{HOME}/voice/incoming", FALLBACK)


async def test_a_call_is_tried_from_set_up(browser: Browser, reached: RunningHouse) -> None:
    async with looking(browser, reached) as eyes:
        page = eyes.page
        await come_in(page, "/console/start")
        await page.get_by_role("link", name="Call in the browser").click()
        await page.wait_for_url("**/console/phone")  # with its scripts
        await page.get_by_label("In writing only").check()
        await page.get_by_role("button", name="Call", exact=True).click()
        await expect(page.get_by_role("log")).to_contain_text("AI assistant", timeout=PATIENCE_MS)
        await page.get_by_role("button", name="Hang up").click()
        await expect(page.get_by_role("status")).to_contain_text("The call is over")


async def test_without_an_account_the_addresses_are_copied(eyes: Eyes) -> None:
    page = eyes.page
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.route("**/console/start/findings", _looked)
    await eyes.look("/console/start", "set-up-addresses")
    await expect(page.locator("#numbers")).to_have_count(0)
    for path in ("/voice/incoming", "/voice/status", "/sms/incoming"):
        await page.locator(".copy", has_text=PUBLIC + path).get_by_role("button").click()
        assert await page.evaluate("navigator.clipboard.readText()") == PUBLIC + path
