"""Keeping, letting go and deleting a call on its page, by keyboard: each asks first, and Escape leaves it as it was."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.callers import SHORT, place
from tests.browser.eyes import Eyes
from tests.browser.house import RunningHouse

pytestmark = pytest.mark.asyncio(loop_scope="session")

REASON = "Reason (stays in the audit)"


async def test_a_call_is_kept_let_go_and_deleted_and_each_dialog_is_left_by_escape(
    eyes: Eyes, house: RunningHouse
) -> None:
    page, sid = eyes.page, await place(house, SHORT, 155)
    await page.goto(f"/console/calls/{sid}")
    for name in ("Keep from deletion", "Delete the call"):
        await _opened_and_left(page, name)
    await _opened_and_left(page, "Make a rehearsal")
    await _done(page, "Keep from deletion", "a complaint", "The call is kept, whatever its age.", look=eyes)
    await expect(page.locator("#keeping")).to_contain_text("a complaint")
    await _opened_and_left(page, "Let it be deleted")
    await _done(page, "Let it be deleted", "settled", "The call is no longer kept.")
    await _done(page, "Delete the call", "the caller asked for it", "The call is deleted.")
    await expect(page.locator(f"a[href='/console/calls/{sid}']")).to_have_count(0)


async def _opened_and_left(page: Page, name: str) -> None:
    """Opened by Enter, left by Escape: the focus comes back to the button."""
    button = page.get_by_role("button", name=name).first
    await button.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(button).to_be_focused()


async def _done(page: Page, name: str, reason: str, told: str, look: Eyes | None = None) -> None:
    await page.get_by_role("button", name=name).first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label(REASON).fill(reason)
    if look is not None:
        await look.look_here("call-hold-dialog")
    await dialog.get_by_role("button", name=name).click()
    await expect(page.get_by_text(told)).to_be_visible(timeout=20_000)
