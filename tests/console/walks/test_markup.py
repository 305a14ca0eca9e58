"""No text of a caller, a model, a tool or a manager becomes markup, code or a formula, wherever it is shown."""

import csv
import io
import json
import re
from html import unescape
from urllib.parse import urlencode

import pytest

from tests.console.walks.asking import Answer, routes
from tests.console.walks.conftest import Walk
from tests.console.walks.marked import NOT_SHOWN, PLACED, SID, marked
from tests.console.walks.pages import problems

pytestmark = pytest.mark.asyncio(loop_scope="package")

FIELDS = ("words", "line", "version", "against", "action", "who", "object", "tag", "flag", "caller", "to", "name")
SIDS = (SID, SID.replace("7", "8"), SID.replace("7", "9"))
ADDED = ("note", "tag", "view")  # what a form of a page's adds


def paths() -> list[str]:
    """Every page, with a call in the place of every call's."""
    found = [route.path for route, guarded in routes() if "GET" in guarded.methods and route.path != "/static/{name}"]
    sids = [
        re.sub(r"\{(sid|call_sid)\}", sid, path) for path in found for sid in (SIDS if "sid}" in path else SIDS[:1])
    ]
    return [re.sub(r"\{\w+\}", "0", path) for path in sids]


def nonce_of(answer: Answer) -> str:
    found = re.search(r"'nonce-([^']+)'", answer.header("content-security-policy"))
    assert found is not None
    return found[1]


def checked(path: str, answer: Answer) -> str:
    """The text of an answer that has nothing wrong in it."""
    kind = answer.header("content-type").partition(";")[0]
    if kind == "text/html":
        assert problems(answer.text, nonce_of(answer)) == [], path
    elif kind == "text/event-stream":
        lines = re.split(r"\r\n|\r|\n", answer.text)
        assert all(line.startswith(("data: ", "event: ", ":")) or not line for line in lines), path
        told = "\n".join(line.removeprefix("data: ") for line in lines if line.startswith("data: "))
        assert told.startswith("{") or problems(told, nonce_of(answer)) == [], path
    elif kind == "application/json":
        json.loads(answer.text)
    elif kind == "text/csv":
        cells = [cell for row in csv.reader(io.StringIO(answer.text)) for cell in row]
        assert not [cell for cell in cells if cell.lstrip()[:1] in tuple("=+-@")], path
    return answer.text if kind.startswith("text/") or "json" in kind else ""


async def test_no_text_on_record_becomes_markup_in_any_page_and_all_are_shown(walk: Walk) -> None:
    shown = ""
    for path in paths():
        answer = await walk.ask(f"/console{path}")
        shown += unescape(checked(path, answer))
    placed = {name for name in PLACED if not name.startswith(("query.", "form."))}
    missing = {name for name in placed if f"x={name} " not in shown}
    assert missing == NOT_SHOWN


async def test_no_text_of_an_address_becomes_markup(walk: Walk) -> None:
    query = urlencode({name: marked(f"query.{name}") for name in FIELDS})
    for path in paths():
        for role in ("admin", ""):
            checked(path, await walk.ask(f"/console{path}", role, query=query))
    for path in (f"/console/{marked('path')}", f"/console/calls/{marked('path')}", f"/console/now/{marked('path')}"):
        checked(path, await walk.ask(path))
        checked(path, await walk.ask(path, method="POST"))


async def test_no_text_of_a_form_becomes_markup(walk: Walk) -> None:
    for route, guarded in routes():
        if "POST" not in guarded.methods or route.path.startswith("/phone"):
            continue
        path = re.sub(r"\{\w+\}", SIDS[2], route.path)  # which one of them deletes
        form = {name: marked(f"form.{name}") for name in (*FIELDS, "text", "reason", "note", "old", "password", "code")}
        checked(path, await walk.post(f"/console{path}", **form))
        checked(path, await walk.post(f"/console{path}", "", **form))
    added = await walk.post(f"/console/calls/{SID}/notes", text=marked("added"))
    assert added.status == 303
    assert "x=added " in unescape(checked("", await walk.ask(f"/console/calls/{SID}")))


async def test_a_header_holds_no_line_of_somebodys(walk: Walk) -> None:
    odd = "CA\rSet-Cookie: evil=1"
    for headers in ((), (("hx-request", "true"),)):
        for path, method in ((f"/console/now/{odd}", "GET"), (f"/console/calls/{odd}/tags", "POST")):
            given = (("sec-fetch-site", "same-origin"), *headers)
            answer = await walk.ask(path, method=method, headers=given)
            assert answer.status in (204, 303, 404)
            assert not [value for _, value in answer.headers if "\r" in value or "\n" in value]
            assert not [name for name, _ in answer.headers if name == "set-cookie"]
