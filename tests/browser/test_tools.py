"""Tools in a browser on the real app: looked at, tried, begun from curl, drafted, published, and two in conflict."""

import re
import shutil
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Dialog, Page, expect

from tests.browser.callers import SHORT, place
from tests.browser.eyes import Eyes
from tests.browser.house import RunningHouse

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATIENCE_MS = 20_000
CURL = "curl 'https://api.example.com/v1/shops/{town}?open=true' -H 'Authorization: Bearer sk-not-to-be-kept'"
WAREHOUSE = 'url = "https://mcp.example.com/mcp"\n\n[headers]\nAuthorization = "Bearer {secret.WAREHOUSE_KEY}"\n'


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def called(house: RunningHouse) -> str:
    """A call that is over, in which an order was looked up."""
    return await place(house, SHORT, 151)


async def test_the_list_leads_to_tools_and_every_figure_to_its_calls(eyes: Eyes, called: str) -> None:
    page = eyes.page
    await page.goto("/console/now")
    await page.keyboard.press("g")
    await page.keyboard.press("t")
    await expect(page.get_by_role("heading", name="Tools")).to_be_visible()
    await eyes.look_here("tools")
    row = page.locator("tr[data-href='/console/tools/look_up_order']")
    await row.locator("a[href^='/console/calls?tool=look_up_order']").first.click()
    await expect(page.locator(f"a[href='/console/calls/{called}']").first).to_be_visible()
    await page.goto("/console/tools?words=parcel")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile(r"/console/tools/\w+$"))


async def test_a_python_tool_and_an_http_tool_are_shown(eyes: Eyes) -> None:
    await eyes.look("/console/tools/look_up_order", "tool-python")
    await expect(eyes.page.get_by_role("link", name="Edit")).to_have_count(0)
    await eyes.look("/console/tools/track_parcel", "tool-http")
    await expect(eyes.page.get_by_text("SHIPPING_KEY").first).to_be_visible()


async def test_a_test_run_shows_what_is_sent_and_what_the_model_would_see(eyes: Eyes) -> None:
    page = eyes.page
    await eyes.look("/console/tools/track_parcel/try", "tool-try")
    await page.get_by_label("tracking_number").fill("NP1047")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Northwind Parcel").first).to_be_visible()
    await expect(page.get_by_text("Authorization: Bearer ••••")).to_be_visible()
    await eyes.look_here("tool-tried")


async def test_what_changes_something_is_done_only_when_it_is_said_again(eyes: Eyes) -> None:
    page = eyes.page
    await page.goto("/console/tools/open_ticket/try")
    for field in await page.locator("#try input[name^='arg-']").all():
        await field.fill("A tent is torn")
    await page.get_by_role("button", name="See what it would do").click()
    await expect(page.get_by_role("heading", name="Nothing was done")).to_be_visible()
    await eyes.look_here("tool-kept-back")
    await page.get_by_role("button", name="Really do it").click()
    await page.get_by_role("dialog").get_by_role("button", name="Really do it").click()
    await expect(page.get_by_role("heading", name="Nothing was done")).to_have_count(0)
    await expect(page.get_by_text("What the model sees").first).to_be_visible()


async def test_a_tool_is_begun_from_curl_edited_in_every_view_and_saved(eyes: Eyes, house: RunningHouse) -> None:
    page = eyes.page
    await eyes.look("/console/tools/new", "tool-new")
    await page.get_by_label("curl").fill(CURL)
    await page.get_by_label("Name").first.fill("shop_hours")
    await page.get_by_role("button", name="Make a draft").first.click()
    await page.wait_for_url("**/console/tools/new/curl")  # with its scripts
    await expect(page.get_by_text("sk-not-to-be-kept")).to_have_count(0)
    await page.get_by_label("What it is, such as NP1047").first.fill("The town of the shop, such as Boston.")
    await page.get_by_label("Path: events[0].place").last.fill("today.hours")
    await page.locator("#field-rows input[name=field-name]").last.fill("hours")
    await page.locator("button[data-add-row=sentence-rows]").click()
    await expect(page.locator("#sentence-rows [data-row]")).to_have_count(2)
    await page.locator("input[name=say-text]").last.fill("It is open {hours}.")
    await eyes.look_here("tool-form")
    await page.get_by_role("button", name="Edit as JSON Schema").click()
    await expect(page.locator(".cm-content").first).to_contain_text("The town of the shop")
    await eyes.look_here("tool-schema")
    await page.get_by_role("button", name="File", exact=True).click()
    await expect(page.locator(".cm-content")).to_contain_text("today.hours")
    await eyes.look_here("tool-file")
    await page.get_by_role("button", name="Save").click()
    await page.wait_for_url(re.compile(r"/console/tools/shop_hours"))
    assert "The tool is saved" in await page.locator("[data-flash]").inner_text()
    assert (_tools(house) / "shop_hours.toml").read_text(encoding="utf-8").count("Boston") == 1


async def test_a_new_tool_is_not_left_without_a_question(eyes: Eyes) -> None:
    page = eyes.page
    await page.goto("/console/tools/new/edit")
    await page.get_by_label("Description").fill("When a shop is open")
    asked: list[str] = []

    async def stay(question: Dialog) -> None:
        asked.append(question.type)
        await question.dismiss()

    page.once("dialog", stay)
    await page.get_by_role("link", name="Lines", exact=True).first.click()
    assert asked == ["beforeunload"]
    await expect(page.get_by_label("Description")).to_have_value("When a shop is open")


async def test_a_draft_is_kept_as_it_is_written_published_and_taken_back(eyes: Eyes, house: RunningHouse) -> None:
    page, file = eyes.page, _tools(house) / "track_parcel.toml"
    before = file.read_text(encoding="utf-8")
    await page.goto("/console/tools/track_parcel/edit")
    await page.get_by_label("Description").fill("Find out where a parcel is, said shorter.")
    await expect(page.locator("[data-state]")).to_contain_text("Saved", timeout=PATIENCE_MS)
    await page.reload()
    await expect(page.get_by_label("Description")).to_have_value("Find out where a parcel is, said shorter.")
    await eyes.look_here("tool-drafted")
    await page.get_by_role("button", name="Review and publish").click()
    await expect(page.locator(".settings-changed", has_text="said shorter")).to_be_visible()
    await expect(page.locator(".diff", has_text="said shorter")).to_be_visible()
    await eyes.look_here("tool-review")
    assert file.read_text(encoding="utf-8") == before
    await page.get_by_label("What changes, and why").fill("Said shorter")
    await page.get_by_role("button", name="Publish").click()
    await page.wait_for_url(re.compile(r"/console/tools/track_parcel\?"))
    assert "said shorter" in file.read_text(encoding="utf-8")
    await page.get_by_role("link", name="History").click()
    await expect(page.get_by_text("found in the folder")).to_be_visible()
    await eyes.look_here("tool-history")
    await page.get_by_role("button", name="Go back to it").click()
    await page.get_by_role("dialog").get_by_label("Reason").fill("a test")
    await page.get_by_role("dialog").get_by_role("button", name="Go back to it").click()
    await page.wait_for_url(re.compile(r"/console/tools/track_parcel\?"))
    assert file.read_text(encoding="utf-8") == before


async def test_two_who_write_one_tool_see_both_texts_and_lose_none(eyes: Eyes, house: RunningHouse) -> None:
    page, file = eyes.page, _tools(house) / "shop_there.toml"
    shutil.copy(_tools(house) / "track_parcel.toml", file)
    other = await page.context.new_page()
    for one in (page, other):
        await one.goto("/console/tools/shop_there/edit")
    await other.get_by_label("Time it has").fill("3")
    await expect(other.locator("[data-state]")).to_contain_text("Saved", timeout=PATIENCE_MS)
    await page.get_by_label("Description").fill("Find out where a parcel is, said shorter.")
    await expect(page.locator("[data-state]")).to_contain_text("has saved this tool", timeout=PATIENCE_MS)
    await page.get_by_role("button", name="See both").click()
    await expect(page.get_by_text("Somebody else has saved")).to_be_visible()
    await expect(page.locator(".cm-mergeView")).to_contain_text("timeout_s = 3")
    eyes.complaints = [one for one in eyes.complaints if "409" not in one]  # the browser's own word for the answer
    await eyes.look_here("tool-conflict")
    await page.get_by_role("button", name="Save mine").click()
    await expect(page.get_by_text("Somebody else has saved")).to_have_count(0)
    await other.goto("/console/tools/shop_there/edit")
    await expect(other.get_by_label("Description")).to_have_value("Find out where a parcel is, said shorter.")
    await other.get_by_role("button", name="Drop the draft").click()
    await other.get_by_role("dialog").get_by_role("button", name="Drop the draft").click()
    await expect(other.get_by_text("The draft is dropped")).to_be_visible()
    file.unlink()


async def test_a_mistake_is_marked_where_it_stands(eyes: Eyes) -> None:
    page = eyes.page
    await page.goto("/console/tools/track_parcel/edit?view=toml")
    await _written(page, 'description = "A tool."\nurl = "http://api.example.com"\n')
    await page.get_by_role("button", name="Check").click()
    await expect(page.get_by_text("track_parcel.toml:2")).to_be_visible()
    await expect(page.locator(".cm-lint-marker-error").first).to_be_visible()
    await eyes.look_here("tool-mistake")


async def test_a_server_is_shown_with_what_keeps_it_off(eyes: Eyes, house: RunningHouse) -> None:
    file = _tools(house) / "warehouse.mcp.toml"
    file.write_text(WAREHOUSE, encoding="utf-8")
    await eyes.look("/console/tools/mcp/warehouse", "tool-server")
    await expect(eyes.page.get_by_text("FRONTLINE_TOOL_HOSTS")).to_be_visible()
    file.unlink()


async def _written(page: Page, text: str) -> None:
    """Write over all that stands in the editor."""
    await page.locator(".cm-content").click()
    await page.keyboard.press("ControlOrMeta+a")
    await page.keyboard.insert_text(text)


def _tools(house: RunningHouse) -> Path:
    return house.data / "tools"
