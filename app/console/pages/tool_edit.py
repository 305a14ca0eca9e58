"""Writing an HTTP tool: as a form or as its file, checked as it would be read, kept as a draft that others see, too."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response

from app.check import Problem
from app.console.asked import Asked
from app.console.guard import Pages
from app.console.pages.tool_form import shape_in
from app.console.permissions import Permission
from app.console.reading import whole
from app.console.said import said
from app.console.words import Words
from app.store import tool_drafts
from app.toolbench import drafting
from app.toolbench.drafting import NONE_YET, Clash, Desk, Seen
from app.toolbench.forming import Shape, Unreadable, data_in, data_of, schema_of, shape_of, text_of
from app.toolbench.inventory import NAME, http_file
from app.toolbench.saving import LARGEST, CannotSave, Stale, is_writable, problems_of, revision_of, written

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
    """The editor as it stands. ``view`` is form or toml; ``other`` is a text that this one is compared with.

    ``revision`` is that of the draft that was seen; of a new tool, that of a file which has its name already.
    """

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
        return await shown(asked, formed(Sheet("", BEGINNING, is_new=True)))
    now = await drafting.seen(desk_of(asked), name)
    if now is None:
        return asked.show("frame/lost.html", 404)
    sheet = await _checked(asked, Sheet(name, now.text, str(now.revision)))
    return await shown(asked, replace(sheet, view="toml") if asked.query.get("view") == "toml" else formed(sheet))


@pages.action("/tools/{tool}/edit", Permission.EDIT_TOOLS)
async def changed(asked: Asked) -> Response:
    """One step in the editor: another view, a check, a comparison, the file to take along, or on to its publishing."""
    form = await asked.fields()
    sheet, to = sheet_in(asked.words, asked.path["tool"], form), str(form.get("to", "check"))
    if sheet.problem:
        return await shown(asked, sheet, 422)
    if to == "download":
        name = sheet.name if NAME.fullmatch(sheet.name) else "tool"
        return PlainTextResponse(sheet.text, headers={"Content-Disposition": f'attachment; filename="{name}.toml"'})
    if not sheet.is_new:
        try:
            sheet = await kept(asked, sheet)
        except Clash as clash:
            return await _clashed(asked, sheet, clash)
    if to == "review" and not sheet.is_new:
        return asked.go(f"/console/tools/{sheet.name}/review")
    sheet = await _checked(asked, sheet)
    if to == "save" and sheet.is_new:
        return await _saved(asked, sheet)
    if to == "compare":
        now = await asyncio.to_thread(written, asked.parts.reader, sheet.name)
        sheet = replace(sheet, other=now.text)
    return await shown(asked, _turned(sheet, to))


def _turned(sheet: Sheet, to: str) -> Sheet:
    """In the view that was asked for."""
    if to == "toml":
        return replace(sheet, view="toml", shape=None)
    return formed(replace(sheet, as_schema=to == "schema")) if to in ("form", "rows", "schema") else sheet


def sheet_in(words: Words, path: str, form: FormData) -> Sheet:
    """What was sent, its file made of the form where it is one; ``problem`` where that cannot be."""
    is_new, view = path == NEW, "toml" if form.get("view") == "toml" else "form"
    name = str(form.get("name", "")).strip() if is_new else path
    text = str(form.get("text", "")).replace("\r\n", "\n")
    sheet = Sheet(name, text, str(form.get("revision", "")), is_new, view, as_schema="schema" in form)
    if len(text) > LARGEST:
        raise HTTPException(413)
    if view == "toml":
        return sheet
    shape = shape_in(form)
    try:
        return replace(sheet, text=text_of(data_of(shape)), shape=shape)
    except Unreadable as error:
        return replace(sheet, shape=shape, problem=f"{error.name}: {said(words, 'check', str(error))}")


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
    """A new tool becomes a file: nobody's callers have it before a line names it."""
    if any(one.severity == "error" for one in sheet.found):
        return await shown(asked, sheet, 422)
    desk, who = desk_of(asked), asked.who.name
    try:
        revision = await drafting.given(desk, sheet.name, sheet.text, "", who, sheet.revision)
    except Stale as stale:
        now = revision_of(stale.text) if stale.text else ""
        return await shown(asked, replace(sheet, other=stale.text, revision=now, is_stale=True), 409)
    except CannotSave as error:
        return await shown(asked, replace(sheet, problem=said(asked.words, "check", str(error))), 422)
    await asked.audit("tool.saved", sheet.name, revision=revision, before=sheet.revision)
    return asked.go(f"/console/tools/{sheet.name}", "tools.told_saved")


# ---- the draft


def desk_of(asked: Asked) -> Desk:
    return Desk(asked.parts.database, asked.parts.reader)


async def kept(asked: Asked, sheet: Sheet) -> Sheet:
    """The sheet, what it says kept in the draft where that is something else than was there. Raises Clash."""
    desk, who, revision = desk_of(asked), asked.who.name, whole(sheet.revision)
    before = await drafting.seen(desk, sheet.name)
    if before is None or revision is None:
        raise HTTPException(404 if before is None else 400)
    if not _says_else(sheet, before):
        return replace(sheet, text=before.text, revision=str(before.revision))
    draft = await drafting.write(desk, before, sheet.name, sheet.text, who, revision)
    if before.draft is None or before.draft.author != who:
        await asked.audit("tool.draft_written", sheet.name, revision=draft.revision)
    return replace(sheet, revision=str(draft.revision))


def _says_else(sheet: Sheet, before: Seen) -> bool:
    """A form writes its file anew: only what it says counts, so that looking at a tool changes no remark in it."""
    if sheet.view == "toml":
        return sheet.text.rstrip() != before.text.rstrip()
    try:
        return _said(sheet.text, sheet.as_schema) != _said(before.text, sheet.as_schema)
    except Unreadable:
        return True


def _said(text: str, as_schema: bool) -> dict[str, object]:
    """What a form makes of a file, with what it writes out. Raises Unreadable."""
    data = data_in(text)
    shape = replace(shape_of(data), schema=schema_of(data)) if as_schema else shape_of(data)
    return {"method": "GET", **data_of(shape)}


async def _clashed(asked: Asked, sheet: Sheet, clash: Clash) -> Response:
    """Somebody was faster: both texts are shown, and nothing is lost."""
    if clash.there is not None:
        other, revision = clash.there.text, clash.there.revision
    else:
        now = await asyncio.to_thread(written, asked.parts.reader, sheet.name)
        other, revision = now.text, NONE_YET
    return await shown(asked, replace(sheet, other=other, revision=str(revision), is_stale=True), 409)


async def shown(asked: Asked, sheet: Sheet, status: int = 200) -> Response:
    reader, file = asked.parts.reader, http_file(asked.parts.reader, sheet.name)
    shape = sheet.shape
    draft = None if sheet.is_new else await tool_drafts.draft(asked.parts.database, sheet.name)
    return asked.show(
        "tools/edit.html",
        status,
        sheet=sheet,
        draft=draft,
        shape=shape,
        rest=json.dumps(shape.rest, ensure_ascii=False, default=str) if shape else "{}",
        writable=is_writable(reader.settings.tools),
        place=f"{reader.settings.tools.name}/{file.name}" if file else "",
        has_remarks=any(line.lstrip().startswith("#") for line in sheet.text.splitlines()),
        marks=[{**one.as_json(), "what": said(asked.words, "check", one.what)} for one in sheet.found],
        errors=[one for one in sheet.found if one.severity == "error"],
        hints=[one for one in sheet.found if one.severity != "error"],
    )
