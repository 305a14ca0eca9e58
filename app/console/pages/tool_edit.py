"""Changing an HTTP tool: as a form or as its file, checked as it would be read, saved if nobody else has meanwhile."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from starlette.datastructures import FormData
from starlette.responses import PlainTextResponse, Response

from app.check import Problem
from app.console.asked import Asked
from app.console.guard import Pages
from app.console.pages.tool_form import shape_in
from app.console.permissions import Permission
from app.toolbench.forming import Shape, Unreadable, data_in, data_of, schema_of, shape_of, text_of
from app.toolbench.inventory import NAME, http_file
from app.toolbench.saving import CannotSave, Stale, is_writable, problems_of, revision_of, save, written

NEW: Final = "new"  # in the place of a tool's name, while it has none
BEGINNING: Final = """description = ""
method = "GET"
url = "https://"

[response]
not_found = [404]

[response.fields]
"""

pages = Pages([])


@dataclass(frozen=True, slots=True)
class Sheet:
    """The editor as it stands. ``view`` is form or toml; ``other`` is a text that this one is compared with."""

    name: str
    text: str
    revision: str = ""
    is_new: bool = False
    view: str = "form"
    shape: Shape | None = None
    as_schema: bool = False
    found: Sequence[Problem] = ()
    checked: bool = False
    problem: str = ""
    other: str | None = None
    is_stale: bool = False
    notes: Sequence[str] = ()


@pages.page("/tools/{tool}/edit", Permission.EDIT_TOOLS)
async def editor(asked: Asked) -> Response:
    name = asked.path["tool"]
    if name == NEW:
        return shown(asked, formed(Sheet("", BEGINNING, is_new=True)))
    now = await asyncio.to_thread(written, asked.parts.reader, name)
    if not now.revision:
        return asked.show("frame/lost.html", 404)
    sheet = await _checked(asked, Sheet(name, now.text, now.revision))
    return shown(asked, replace(sheet, view="toml") if asked.query.get("view") == "toml" else formed(sheet))


@pages.action("/tools/{tool}/edit", Permission.EDIT_TOOLS)
async def changed(asked: Asked) -> Response:
    """One step in the editor: another view, a check, a comparison, the file to take along, or saving it."""
    form = await asked.fields()
    sheet, to = _sheet(asked.path["tool"], form), str(form.get("to", "check"))
    if sheet.problem:
        return shown(asked, sheet, 422)
    if to == "download":
        name = sheet.name if NAME.fullmatch(sheet.name) else "tool"
        return PlainTextResponse(sheet.text, headers={"Content-Disposition": f'attachment; filename="{name}.toml"'})
    sheet = await _checked(asked, sheet)
    if to == "save":
        return await _saved(asked, sheet)
    if to == "compare":
        now = await asyncio.to_thread(written, asked.parts.reader, sheet.name)
        sheet = replace(sheet, other=now.text)
    return shown(asked, _turned(sheet, to))


def _turned(sheet: Sheet, to: str) -> Sheet:
    """In the view that was asked for."""
    if to == "toml":
        return replace(sheet, view="toml", shape=None)
    return formed(replace(sheet, as_schema=to == "schema")) if to in ("form", "rows", "schema") else sheet


def _sheet(path: str, form: FormData) -> Sheet:
    """What was sent, its file made of the form where it is one; ``problem`` where that cannot be."""
    is_new, view = path == NEW, "toml" if form.get("view") == "toml" else "form"
    name = str(form.get("name", "")).strip() if is_new else path
    text = str(form.get("text", "")).replace("\r\n", "\n")
    sheet = Sheet(name, text, str(form.get("revision", "")), is_new, view, as_schema="schema" in form)
    if view == "toml":
        return sheet
    shape = shape_in(form)
    try:
        return replace(sheet, text=text_of(data_of(shape)), shape=shape)
    except Unreadable as error:
        return replace(sheet, shape=shape, problem=f"{error.name}: {error}")


def formed(sheet: Sheet) -> Sheet:
    """The same as a form; as its file still, where that is no TOML."""
    try:
        data = data_in(sheet.text)
    except Unreadable:
        return replace(sheet, view="toml", shape=None)
    shape = shape_of(data)
    return replace(sheet, view="form", shape=replace(shape, schema=schema_of(data)) if sheet.as_schema else shape)


async def _checked(asked: Asked, sheet: Sheet) -> Sheet:
    parts = asked.parts
    found = await asyncio.to_thread(problems_of, sheet.name, sheet.text, parts.reader, parts.lines.tools())
    return replace(sheet, found=found, checked=True)


async def _saved(asked: Asked, sheet: Sheet) -> Response:
    if any(one.severity == "error" for one in sheet.found):
        return shown(asked, sheet, 422)
    try:
        revision = await save(asked.parts.reader, sheet.name, sheet.text, sheet.revision)
    except Stale as stale:
        now = revision_of(stale.text) if stale.text else ""
        return shown(asked, replace(sheet, other=stale.text, revision=now, is_stale=True), 409)
    except CannotSave as error:
        return shown(asked, replace(sheet, problem=str(error)), 422)
    await asked.audit("tool.saved", sheet.name, revision=revision, before=sheet.revision)
    return asked.go(f"/console/tools/{sheet.name}", "tools.told_saved")


def shown(asked: Asked, sheet: Sheet, status: int = 200) -> Response:
    reader, file = asked.parts.reader, http_file(asked.parts.reader, sheet.name)
    shape = sheet.shape
    return asked.show(
        "tools/edit.html",
        status,
        sheet=sheet,
        shape=shape,
        rest=json.dumps(shape.rest, ensure_ascii=False, default=str) if shape else "{}",
        writable=is_writable(reader.settings.tools),
        place=f"{reader.settings.tools.name}/{file.name}" if file else "",
        has_remarks=any(line.lstrip().startswith("#") for line in sheet.text.splitlines()),
        marks=[one.as_json() for one in sheet.found],
        errors=[one for one in sheet.found if one.severity == "error"],
        hints=[one for one in sheet.found if one.severity != "error"],
    )
