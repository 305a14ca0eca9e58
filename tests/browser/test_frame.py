"""The frame of all pages in a browser: accessible, quiet under its own policy, and used by keyboard."""

import pytest
from playwright.async_api import Browser, expect

from tests.browser.eyes import Eyes
from tests.browser.house import RunningHouse

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGES = {
    "own": "/console/own",
    "codes": "/console/own/codes",
    "audit": "/console/audit",
    "people": "/console/people",
    "reports": "/console/reports",
    "alerts": "/console/reports/alerts",
    "set-up": "/console/start",
}


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_is_accessible_light_dark_and_narrow(eyes: Eyes, name: str) -> None:
    await eyes.look(PAGES[name], name)


async def test_an_invitation_is_shown_once_and_is_accessible(eyes: Eyes) -> None:
    await eyes.page.goto("/console/people")
    await eyes.page.get_by_role("button", name="Invite").click()
    await expect(eyes.page.locator(".copy code")).to_contain_text("/console/join/")
    await eyes.look_here("invited")


async def test_the_doctor_comes_by_itself(eyes: Eyes) -> None:
    await eyes.page.goto("/console/start")
    await expect(eyes.page.locator(".findings")).to_be_visible(timeout=60_000)
    await eyes.look_here("doctor")


async def test_the_way_in_is_accessible(browser: Browser, house: RunningHouse) -> None:
    context = await browser.new_context(base_url=house.url)
    eyes = Eyes(await context.new_page(), None)
    await eyes.look("/console/sign-in", "sign-in")
    assert eyes.complaints == []
    await context.close()


async def test_keys_lead_to_places_and_the_theme_stays(eyes: Eyes) -> None:
    page = eyes.page
    await page.goto("/console/own")
    await page.keyboard.press("g")
    await page.keyboard.press("a")
    await page.wait_for_url("**/console/audit")
    await page.keyboard.press("/")
    await expect(page.get_by_role("searchbox")).to_be_focused()
    await page.get_by_role("button", name="Light or dark").click()
    before = await page.evaluate("document.documentElement.dataset.bsTheme")
    await page.reload()
    assert await page.evaluate("document.documentElement.dataset.bsTheme") == before == "dark"


async def test_a_part_of_a_page_comes_by_htmx(eyes: Eyes) -> None:
    await eyes.page.goto("/console/audit")
    await eyes.page.get_by_role("button", name="Prove the chain").click()
    await expect(eyes.page.get_by_text("The chain holds")).to_be_visible()
