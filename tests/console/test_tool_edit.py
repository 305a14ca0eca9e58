"""The editor of HTTP tools: its views, its checks, new tools from curl and OpenAPI, and who may."""

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from app.console.pages import entrance
from app.store.database import Database
from tests.console.bench import ORDERS, bench
from tests.console.site import OURS, Site
from tests.test_cli_tools import OPENAPI
from tests.toolkit.http.places import REDIRECT, TRACK

FILES = {"orders.py": ORDERS, "track.toml": TRACK, "redirect.toml": REDIRECT}
EDIT = "/console/tools/track/edit"
XSS = "</textarea><script>alert(1)</script>"


@pytest.fixture(autouse=True)
def first_try() -> None:
    entrance._guesses.storage.reset()


@pytest_asyncio.fixture
async def records(tmp_path: Path) -> AsyncIterator[Database]:
    made = Database(f"sqlite+aiosqlite:///{tmp_path / 'frontline.db'}")
    yield made
    await made.close()


def in_form(page: str) -> dict[str, list[str]]:
    """What a browser would send of the editor's form."""
    form = page.partition('class="tool-editor"')[2].partition("</form>")[0]
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name:
            found.setdefault(name[1], []).append(html.unescape(value[1]) if value else "")
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        found.setdefault(name, []).append(html.unescape(text).removeprefix("\n"))
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        found.setdefault(name, []).append(html.unescape(chosen[1]) if chosen else "")
    return found


async def step(here: Site, to: str, form: dict[str, list[str]], path: str = EDIT) -> tuple[int, str]:
    answer = await here.browser.post(path, data={**form, "to": to}, headers=OURS)
    return answer.status_code, answer.text


def text_in(page: str) -> str:
    return in_form(page)["text"][0]


async def test_a_file_goes_through_every_view_and_says_the_same(records: Database, tmp_path: Path) -> None:
    async with bench(records, tmp_path, FILES) as (here, _):
        await here.sign_in("Mia", "manager")
        form = in_form((await here.open("/console/tools/redirect/edit")).text)
        assert form["row-name"] == ["number", "place", "note", ""]
        path = "/console/tools/redirect/edit"
        schema = in_form((await step(here, "schema", form, path))[1])
        assert '"required": [' in schema["schema"][0]
        rows = in_form((await step(here, "rows", schema, path))[1])
        assert {**rows, "rest": []} == {**form, "rest": []}
        toml = (await step(here, "toml", rows, path))[1]
        assert "confirm" not in text_in(toml) and "[parameters.place]" in text_in(toml)
        again = in_form((await step(here, "form", in_form(toml), path))[1])
        assert {**again, "rest": []} == {**form, "rest": []}


async def test_a_form_that_cannot_be_read_keeps_what_was_written(records: Database, tmp_path: Path) -> None:
    async with bench(records, tmp_path, FILES) as (here, _):
        await here.sign_in()
        form = in_form((await here.open(EDIT)).text)
        status, page = await step(here, "check", {**form, "body": ["{not json"], "text-description": [XSS]})
        assert status == 422
        assert "{not json" in page and XSS not in page
        assert in_form(page)["text-description"] == [XSS]


async def test_what_is_wrong_is_said_in_the_language_of_the_page(records: Database, tmp_path: Path) -> None:
    async with bench(records, tmp_path, FILES) as (here, _):
        await here.sign_in()
        here.browser.headers["Accept-Language"] = "es"
        form = in_form((await here.open(EDIT)).text)
        _, page = await step(here, "check", {**form, "body": ["{not json"]})
        assert "body: Esto no es JSON: falta un nombre entre comillas dobles" in html.unescape(page)
        typed = await here.browser.post(
            f"{EDIT.removesuffix('/edit')}/draft", data={**form, "body": "[]"}, headers=OURS
        )
        assert typed.json()["problem"].startswith("body: Esto no es un objeto JSON.")
        form = {"view": ["toml"], "name": ["track"], "text": [TRACK.replace("url =", "ulr =")]}
        _, page = await step(here, "check", form, "/console/tools/new/edit")
        page = html.unescape(html.unescape(page))
        assert page.count('No existe el ajuste "ulr". ¿Quería decir "url"?') == 1
        assert page.count(r"No existe el ajuste \"ulr\"") == 1
        page = html.unescape((await here.send("/console/tools/new/curl", curl="curl 'https://a.example")).text)
        assert "El comando no se puede leer: falta cerrar una comilla. Cierre todas las comillas." in page


async def test_a_tool_is_begun_from_curl_and_no_secret_is_kept(records: Database, tmp_path: Path) -> None:
    async with bench(records, tmp_path, FILES) as (here, _):
        await here.sign_in()
        command = "curl https://api.example.com/v1/stock/{item} -H 'Authorization: Bearer sk-very-secret'"
        page = (await here.send("/console/tools/new/curl", curl=command, name="stock_there")).text
        assert "sk-very-secret" not in page
        assert "TOOL_SECRET_EXAMPLE" in page and "FRONTLINE_TOOL_HOSTS" in page
        form = in_form(page)
        form["field-name"], form["field-path"] = ["left"], ["left"]
        form["row-says"] = ["The item's name, in the singular."]
        status, _ = await step(here, "save", form, "/console/tools/new/edit")
        assert status == 303
        assert 'left = "left"' in (tmp_path / "tools/stock_there.toml").read_text()
        assert (await here.open("/console/tools/stock_there")).status_code == 200
        status, page = await step(here, "save", form, "/console/tools/new/edit")
        assert status == 409 and "Somebody else has saved" in page


async def test_a_tool_is_begun_from_openapi_by_file_or_by_text(records: Database, tmp_path: Path) -> None:
    async with bench(records, tmp_path, FILES) as (here, _):
        await here.sign_in()
        path = "/console/tools/new/openapi"
        sent = await here.browser.post(path, files={"file": ("api.yaml", OPENAPI.encode())}, headers=OURS)
        assert "GET /parcels/{id} · getParcel" in sent.text
        page = (await here.send(path, openapi=OPENAPI, operation="getParcel")).text
        form = in_form(page)
        assert form["name"] == ["get_parcel"] and form["text-url"] == ["https://api.acme.com/parcels/{id}"]


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        ("curl", {"curl": "curl 'https://api.example.com"}, "Close every quotation mark"),
        ("curl", {"curl": ""}, "one address"),
        ("openapi", {"openapi": "swagger: '2.0'"}, "no OpenAPI 3 description"),
        ("openapi", {"openapi": "{"}, "neither YAML nor JSON"),
        ("openapi", {"openapi": OPENAPI, "operation": "nope"}, "There is no operation"),
    ],
)
async def test_what_no_tool_can_be_made_of_is_said(
    records: Database, tmp_path: Path, path: str, fields: dict[str, str], said: str
) -> None:
    async with bench(records, tmp_path, {}) as (here, _):
        await here.sign_in()
        answer = await here.send(f"/console/tools/new/{path}", **fields)
        assert answer.status_code == 422 and said in html.unescape(answer.text)


async def test_a_new_tool_takes_no_name_that_is_another_s(records: Database, tmp_path: Path) -> None:
    async with bench(records, tmp_path, FILES) as (here, _):
        await here.sign_in()
        form = in_form((await here.open("/console/tools/new/edit")).text)
        form |= {"view": ["toml"], "text": [TRACK]}
        for name in ("stock", "end_call", "new", "../x"):
            status, page = await step(here, "save", {**form, "name": [name]}, "/console/tools/new/edit")
            assert status == 422 and "name" in page, name
        assert sorted(file.name for file in (tmp_path / "tools").iterdir()) == sorted(FILES)


async def test_a_draft_is_taken_along_as_a_file(records: Database, tmp_path: Path) -> None:
    async with bench(records, tmp_path, FILES) as (here, _):
        await here.sign_in()
        form = in_form((await here.open(f"{EDIT}?view=toml")).text)
        answer = await here.browser.post(EDIT, data={**form, "to": "download"}, headers=OURS)
        assert answer.text.strip() == TRACK.strip()
        assert 'filename="track.toml"' in answer.headers["content-disposition"]


async def test_who_may_not_edit_tools_does_not(records: Database, tmp_path: Path) -> None:
    async with bench(records, tmp_path, FILES) as (here, _):
        await here.sign_in("Olga", "ops")
        for path in (EDIT, "/console/tools/new", "/console/tools/new/edit"):
            assert (await here.open(path)).status_code == 403, path
        for path in (EDIT, "/console/tools/new/curl", "/console/tools/new/openapi"):
            assert (await here.send(path, to="save", view="toml", text="x")).status_code == 403, path
        assert "/edit" not in (await here.open("/console/tools/track")).text


async def test_only_http_tools_have_an_editor(records: Database, tmp_path: Path) -> None:
    async with bench(records, tmp_path, FILES) as (here, _):
        await here.sign_in()
        for name in ("stock", "end_call", "nowhere"):
            assert (await here.open(f"/console/tools/{name}/edit")).status_code == 404, name
