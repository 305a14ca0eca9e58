"""A line in a browser on the real app: written, checked, compared, published, called and taken back."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.callers import SHORT, place
from tests.browser.eyes import Eyes
from tests.browser.house import RunningHouse

pytestmark = pytest.mark.asyncio(loop_scope="session")

STORE = "/console/lines/store"
PATIENCE_MS = 20_000


async def write_greeting(page: Page, words: str) -> None:
    """Put other words into the greeting, which stands in the second line."""
    await page.locator("[data-pane] .cm-content").first.click()
    for key in ("Control+Home", "ArrowDown", "Home", "Shift+End", "Shift+End"):  # the second to where it is wrapped
        await page.keyboard.press(key)
    await page.keyboard.insert_text(f"greeting: {words}")


def state(page: Page) -> Locator:
    return page.locator("[data-state]").first


async def test_lines_are_listed_with_what_is_found_in_them(eyes: Eyes) -> None:
    page = eyes.page
    await page.goto("/console/lines")
    await expect(
        page.locator("tr", has_text="store").locator(".tag", has_text=re.compile("hint|mistake"))
    ).to_be_visible(timeout=PATIENCE_MS)
    await eyes.look_here("lines")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/console/lines/bank")
    await eyes.look(STORE, "line")


async def test_a_line_is_edited_checked_published_called_and_taken_back(eyes: Eyes, house: RunningHouse) -> None:
    page = eyes.page
    await page.goto(f"{STORE}/edit?file=en-US.md")
    await write_greeting(page, "Welcome to {bussiness}, I am an AI assistant.")
    await expect(page.locator(".cm-lintRange-error")).to_be_visible(timeout=PATIENCE_MS)
    await expect(page.locator("[data-proof]")).to_contain_text('Did you mean "business"?')
    await eyes.look_here("line-edit-mistake")
    await write_greeting(page, "Welcome to {business}, I am an AI assistant.")
    await expect(page.locator("[data-proof]")).not_to_contain_text("bussiness", timeout=PATIENCE_MS)
    await expect(page.locator("[data-proof]")).to_contain_text("against live")
    await eyes.look(f"{STORE}/edit?file=en-US.md&beside=es-US.md", "line-edit")
    await page.get_by_role("link", name="Review and publish").click()
    await expect(page.locator(".diff ins", has_text="Welcome").first).to_be_visible()
    await page.locator("summary", has_text="Side by side").click()
    await expect(page.locator(".cm-mergeView")).to_be_visible()
    await eyes.look_here("line-review")
    await page.locator("#publish-note").fill("A warmer welcome")
    await page.get_by_role("button", name="Publish").click()
    await expect(page.locator(".tag", has_text="the next call has it")).to_be_visible(timeout=PATIENCE_MS)
    await eyes.look_here("line-published")
    call_sid = await place(house, SHORT, 171)
    await _heard(page, call_sid, "Welcome to Northwind Outfitters")
    await _taken_back(eyes)


async def _heard(page: Page, call_sid: str, words: str) -> None:
    """The call has the new greeting, and leads to its version's calls."""
    await page.goto(STORE)
    version = await page.locator("#live + dl code").first.inner_text()
    await page.goto(f"/console/calls/{call_sid}")
    await expect(page.locator(".turn-assistant .said").first).to_contain_text(words)
    await expect(page.locator(f"a[href*='version={version}']")).to_be_visible()


async def _taken_back(eyes: Eyes) -> None:
    page = eyes.page
    await eyes.look(f"{STORE}/history", "line-history")
    await page.get_by_role("button", name="Compare").click()
    await expect(page.locator(".diff ins", has_text="Welcome").first).to_be_visible()
    await eyes.look_here("line-compare")
    await page.goto(STORE)
    await page.get_by_role("button", name="Roll back").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Reason").fill("a test")
    await dialog.get_by_role("button", name="Roll back").click()
    await expect(page.locator("#live + dl")).to_contain_text("the files")
    await expect(page.locator(".tag", has_text="the next call has it")).to_be_visible(timeout=PATIENCE_MS)
    await page.goto("/console/audit")
    for action in ("line.draft_written", "line.published", "line.rolled_back"):
        await expect(page.locator("td code", has_text=action).first).to_be_visible()


async def test_two_who_write_one_file_see_both_texts_and_lose_none(eyes: Eyes) -> None:
    page = eyes.page
    other = await page.context.new_page()
    for one in (page, other):
        await one.goto("/console/lines/bank/edit?file=en-US.md")
    await write_greeting(other, "Theirs: an AI assistant.")
    await expect(state(other)).to_contain_text("Saved", timeout=PATIENCE_MS)
    await write_greeting(page, "Ours: an AI assistant.")
    clash = page.locator("[data-clash]")
    await expect(clash).to_contain_text("has saved this file while you wrote", timeout=PATIENCE_MS)
    await expect(clash.locator(".cm-mergeView")).to_contain_text("Theirs: an AI assistant.")
    await expect(clash.locator(".cm-mergeView")).to_contain_text("Ours: an AI assistant.")
    await eyes.look_here("line-clash")
    await clash.get_by_role("button", name="Save mine").click()
    await expect(state(page)).to_contain_text("Saved", timeout=PATIENCE_MS)
    await other.goto("/console/lines/bank/edit?file=es-US.md")
    await write_greeting(page, "Ours again: an AI assistant.")
    await expect(state(page)).to_contain_text("Saved", timeout=PATIENCE_MS)
    await write_greeting(other, "Suyo: un asistente de IA.")
    await expect(state(other)).to_contain_text("is writing this draft, too", timeout=PATIENCE_MS)
    await other.goto("/console/lines/bank/edit?file=en-US.md")
    await expect(other.locator(".cm-content").first).to_contain_text("Ours again")
    await other.get_by_role("button", name="Drop the draft").click()
    await other.get_by_role("dialog").get_by_role("button", name="Drop the draft").click()
    await expect(other.get_by_text("The draft is dropped")).to_be_visible()


async def test_variables_are_completed(eyes: Eyes) -> None:
    page = eyes.page
    await page.goto("/console/lines/tutor/edit?file=en-US.md")
    await page.locator(".cm-content").first.click()
    await page.keyboard.press("Control+End")
    await page.keyboard.type(" {weekd")
    await expect(page.locator(".cm-tooltip-autocomplete")).to_contain_text("today's weekday")
    await page.keyboard.press("Enter")
    await expect(page.locator(".cm-content").first).to_contain_text("{weekday}")
    await expect(state(page)).to_contain_text("Saved", timeout=PATIENCE_MS)
    await page.get_by_role("button", name="Drop the draft").click()
    await page.get_by_role("dialog").get_by_role("button", name="Drop the draft").click()
    await expect(page.get_by_text("The draft is dropped")).to_be_visible()
