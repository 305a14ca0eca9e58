"""Calls, a call and the calls going on, in a browser on the real app with real rehearsed calls."""

import asyncio
import re
import time

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, Route, expect

from tests.browser.callers import SHORT, going_on, place
from tests.browser.eyes import Eyes
from tests.browser.house import RunningHouse

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATIENCE_MS = 20_000


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def called(house: RunningHouse) -> str:
    """A call that is over."""
    return await place(house, SHORT, 143)


async def test_an_empty_list_tells_the_next_step(eyes: Eyes) -> None:
    await eyes.look("/console/now", "now-empty")
    await expect(eyes.page.get_by_text("No call is going on")).to_be_visible()


async def test_a_call_is_found_by_a_word_that_was_said_in_it(eyes: Eyes, called: str) -> None:
    page = eyes.page
    await page.goto("/console/calls")
    await page.get_by_role("searchbox").fill("1047")
    await page.keyboard.press("Enter")
    await expect(page.locator(f"a[href^='/console/calls/{called}']").first).to_be_visible()
    await eyes.look_here("calls-found")
    await page.goto("/console/calls?words=nobodysaidthis")
    await expect(page.get_by_text("No call is like this")).to_be_visible()
    await page.goto(f"/console/calls?words={called}")
    assert page.url.endswith(f"/console/calls/{called}")


async def test_a_list_is_kept_under_a_name_and_taken_along(eyes: Eyes, called: str) -> None:
    page = eyes.page
    await page.goto("/console/calls?disposition=caller_hung_up&longer=1")
    await page.get_by_role("button", name="Keep this view").click()
    await page.get_by_label("Name of the view").fill("Hung up")
    await page.get_by_role("button", name="Save").click()
    await page.goto("/console/calls")
    await page.get_by_role("link", name="Hung up").click()
    await expect(page.locator(f"a[href='/console/calls/{called}']")).to_be_visible()
    answer = await page.context.request.get("/console/calls.csv?longer=1")
    assert called in await answer.text()
    answer = await page.context.request.get("/console/calls.jsonl?longer=1")
    assert (await answer.text()).startswith('{"call_sid"')


async def test_a_call_shows_its_words_and_all_that_happened_on_one_axis(eyes: Eyes, called: str) -> None:
    page = eyes.page
    await eyes.look(f"/console/calls/{called}", "call")
    await expect(page.locator(".turn-caller .said", has_text="1047")).to_be_visible()
    for lane in ("caller", "assistant", "sessions"):
        assert await page.locator(f".region-{lane}").count() > 0, lane
    await page.locator(".wait summary").first.click()
    await expect(page.get_by_text("The model's first sound").first).to_be_visible()
    await page.locator(".region-assistant").last.click()
    await expect(page.locator(".is-now")).to_be_visible()


async def test_twilio_is_asked_about_a_call_when_somebody_wants_it(eyes: Eyes, called: str) -> None:
    page = eyes.page
    await page.goto(f"/console/calls/{called}")
    await page.get_by_role("button", name="Ask Twilio").click()
    await expect(page.locator("#twilio-word .tag", has_text="A stand-in's answer")).to_be_visible(timeout=PATIENCE_MS)
    await expect(page.locator("#twilio-word")).to_contain_text("None noted down")
    await expect(page.locator("#twilio-asking")).to_be_hidden()
    await eyes.look_here("call-twilio")


async def test_people_add_notes_and_tags(eyes: Eyes, called: str) -> None:
    page = eyes.page
    await page.goto(f"/console/calls/{called}")
    await page.get_by_placeholder("A note for whoever looks next").fill("<script>alert(1)</script> call back")
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.locator(".note", has_text="<script>alert(1)</script> call back")).to_be_visible()
    await page.get_by_placeholder("Add a tag").fill("Refund")
    await page.keyboard.press("Enter")
    await page.get_by_role("link", name="refund").click()
    await expect(page.locator(f"a[href='/console/calls/{called}']")).to_be_visible()


async def test_a_call_going_on_is_seen_within_a_second_and_people_have_their_word_in_it(
    eyes: Eyes, house: RunningHouse
) -> None:
    page = eyes.page
    await page.goto("/console/now")
    async with going_on(house, 144):
        row = page.locator("tr[data-href]")
        await expect(row).to_have_count(1, timeout=PATIENCE_MS)
        await expect(row).to_contain_text("1047", timeout=PATIENCE_MS)
        await eyes.look_here("now")
        await row.get_by_role("link").first.click()
        await _lag(page)
        await _listen(page)
        await _whisper_say_hold(page)
        await eyes.look_here("now-call")
        await _end(page)


async def _lag(page: Page) -> None:
    """The figures move: what is shown is at most a second old."""
    age = page.locator("[data-figure=age]")
    await expect(page.locator(".rolling .turn-caller .said", has_text="1047").first).to_be_visible(timeout=PATIENCE_MS)
    before, began = await age.inner_text(), time.monotonic()
    await expect(age).not_to_have_text(before, timeout=5_000)
    assert time.monotonic() - began < 2.5


async def _listen(page: Page) -> None:
    """Sound comes, and moves the caller's meter or the assistant's."""
    async with page.expect_websocket(lambda socket: socket.url.endswith("/listen")) as opened:
        await page.get_by_role("button", name="Listen").click()
    socket = await opened.value
    sound = await socket.wait_for_event("framereceived", timeout=5_000)
    assert isinstance(sound, bytes)
    assert len(sound) % 1_600 == 0
    await page.get_by_role("button", name="Stop listening").click()


async def _whisper_say_hold(page: Page) -> None:
    field = page.get_by_label("For the assistant, or for the caller's ear")
    await _write_on_while_the_whisper_is_under_way(page, field, "We close soon.")
    await page.get_by_role("button", name="Have it say this").click()
    await expect(page.locator(".rolling .turn-assistant", has_text="We close soon.").first).to_be_visible(
        timeout=PATIENCE_MS
    )
    await expect(field).to_have_value("")
    await page.get_by_role("button", name="Put on hold").click()
    await expect(page.locator("[data-figure=state]")).to_have_text("In a person's hand", timeout=PATIENCE_MS)
    await page.get_by_role("button", name="The assistant goes on").click()
    await expect(page.locator("[data-figure=state]")).to_have_text("Talking", timeout=PATIENCE_MS)


async def _write_on_while_the_whisper_is_under_way(page: Page, field: Locator, next_text: str) -> None:
    """The answer to the whisper takes nothing away but the whisper."""
    written = asyncio.Event()

    async def answer_late(route: Route) -> None:
        answer = await route.fetch()
        await written.wait()
        await route.fulfill(response=answer)

    await page.route("**/assist", answer_late, times=1)
    await field.fill("They are a regular.")
    await page.get_by_role("button", name="Whisper to the assistant").click()
    await field.fill(next_text)
    written.set()
    await expect(page.get_by_text("The assistant knows it.")).to_be_visible()
    await expect(field).to_have_value(next_text)


async def _end(page: Page) -> None:
    await page.get_by_role("button", name="End the call").first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Reason (stays in the audit)").fill("a test")
    await dialog.get_by_role("button", name="End the call").click()
    await page.wait_for_url(re.compile(r"/console/calls/CA"), timeout=PATIENCE_MS)
    await page.goto("/console/audit")
    for action in ("call.listened", "call.whispered", "call.said", "call.held", "call.given_back", "call.ended"):
        await expect(page.locator("td code", has_text=action).first).to_be_visible()
