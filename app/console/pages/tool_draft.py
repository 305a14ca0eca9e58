"""The draft of an HTTP tool: kept as it is written, compared with what callers have, published, and taken back."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.check import Problem
from app.console import difflines
from app.console.asked import Asked
from app.console.guard import Pages
from app.console.pages.lines_differ import Changed
from app.console.pages.tool_edit import desk_of, kept, sheet_in
from app.console.permissions import Permission
from app.console.reading import reason_in, revision_in
from app.console.said import said
from app.lines.differences import settings_changed
from app.store import tool_drafts
from app.store.tool_drafts import State
from app.toolbench import drafting
from app.toolbench.drafting import Clash, Seen
from app.toolbench.forming import Unreadable, data_in
from app.toolbench.saving import CannotSave, Stale, as_saved, is_writable, problems_of, written

MOST_STATES: Final = 50  # of a tool's history, the newest first

pages = Pages([])


@pages.action("/tools/{tool}/draft", Permission.EDIT_TOOLS)
async def typed(asked: Asked) -> Response:
    """What stands in the editor, a moment after the last letter."""
    form = await asked.fields()
    sheet = sheet_in(asked.words, asked.path["tool"], form)
    if sheet.problem:
        return asked.json({"problem": sheet.problem})
    try:
        return asked.json({"revision": (await kept(asked, sheet)).revision})
    except Clash as clash:
        # No error to the browser, which would complain of it: the page goes on from here.
        return asked.json({"clash": clash.there.author if clash.there is not None else ""})


@pages.action("/tools/{tool}/draft/drop", Permission.EDIT_TOOLS)
async def dropped(asked: Asked) -> Response:
    name, revision = asked.path["tool"], revision_in(await asked.form())
    try:
        await drafting.drop(desk_of(asked), name, revision)
    except Clash:
        return asked.go(f"{_place(name)}/edit", "lines_edit.told_not_done")
    await asked.audit("tool.draft_dropped", name, revision=revision)
    return asked.go(_place(name), "lines_edit.told_dropped")


@pages.page("/tools/{tool}/review", Permission.EDIT_TOOLS)
async def reviewed(asked: Asked) -> Response:
    """The draft against what the file says now."""
    return await _review(asked)


async def _review(asked: Asked, status: int = 200, problem: str = "", note: str = "") -> Response:
    """The page, also to whoever could not publish: with why, and with what they had written."""
    name, seen = await _seen(asked)
    change = _changed(asked, name, seen.file.text, as_saved(seen.text)) if seen.differs else None
    return asked.show(
        "tools/review.html",
        status,
        name=name,
        seen=seen,
        change=change,
        said=_said(seen.file.text, seen.text) if change else (),
        found=await _problems(asked, name, seen.text),
        problem=problem,
        note=note,
        writable=is_writable(asked.parts.settings.tools),
    )


@pages.action("/tools/{tool}/publish", Permission.EDIT_TOOLS)
async def published(asked: Asked) -> Response:
    """Have the file say what the draft says: refused when either has changed since it was looked at."""
    form, (name, seen) = await asked.form(), await _seen(asked)
    note, revision, file_revision = reason_in(form), revision_in(form), form.get("file_revision", "")
    if not note:
        return await _review(asked, 422, asked.words("lines_publish.problem_no_note"))
    if _is_wrong(await _problems(asked, name, seen.text)):
        return await _review(asked, 422, asked.words("lines_publish.problem_refused"), note)
    try:
        after = await drafting.publish(
            *(desk_of(asked), name, note, asked.who.name), revision=revision, file_revision=file_revision
        )
    except (Clash, Stale):
        return await _review(asked, 409, asked.words("lines_publish.problem_conflict"), note)
    except CannotSave as error:
        return await _review(asked, 422, said(asked.words, "check", str(error)), note)
    await asked.audit("tool.published", name, revision=after, before=file_revision, note=note)
    return asked.go(_place(name), "tools.told_saved")


# ---- what the file said before


@dataclass(frozen=True, slots=True)
class Past:
    """A text that the file was given, and what it changed in the one before; ``is_live`` is what it says now."""

    state: State
    change: Changed | None
    is_live: bool


@pages.page("/tools/{tool}/history", Permission.SEE_TOOLS)
async def history(asked: Asked) -> Response:
    return await _history(asked)


async def _history(asked: Asked, status: int = 200, problem: str = "") -> Response:
    name = asked.path["tool"]
    file = await asyncio.to_thread(written, asked.parts.reader, name)
    states = await tool_drafts.history(asked.parts.database, name, MOST_STATES + 1)
    if not file.revision and not states:
        return asked.show("frame/lost.html", 404)
    live = as_saved(file.text)
    past = [
        Past(one, None if before is None else _changed(asked, name, before.text, one.text), one.text == live)
        for one, before in zip_longest(states, states[1:])
    ]
    edits = asked.may(Permission.EDIT_TOOLS) and is_writable(asked.parts.settings.tools)
    context = {"name": name, "file": file, "past": past[:MOST_STATES], "edits": edits, "problem": problem}
    return asked.show("tools/history.html", status, **context)


@pages.action("/tools/{tool}/back", Permission.EDIT_TOOLS)
async def taken_back(asked: Asked) -> Response:
    """Have the file say again what it said before."""
    form, name = await asked.form(), asked.path["tool"]
    note, file_revision = reason_in(form), form.get("file_revision", "")
    state = await tool_drafts.state(asked.parts.database, name, revision_in(form, "number"))
    if state is None:
        return asked.show("frame/lost.html", 404)
    if not note:
        return await _history(asked, 422, asked.words("lines_publish.told_no_note"))
    if wrong := [one for one in await _problems(asked, name, state.text) if one.severity == "error"]:
        return await _history(asked, 422, f"{name}.toml:{wrong[0].line} {said(asked.words, 'check', wrong[0].what)}")
    try:
        after = await drafting.given(desk_of(asked), name, state.text, note, asked.who.name, file_revision)
    except Stale:
        return await _history(asked, 409, asked.words("lines_publish.told_not_done"))
    except CannotSave as error:
        return await _history(asked, 422, said(asked.words, "check", str(error)))
    await asked.audit("tool.rolled_back", name, revision=after, before=file_revision, note=note)
    return asked.go(_place(name), "tools.told_back")


# ---- in common


async def _seen(asked: Asked) -> tuple[str, Seen]:
    name = asked.path["tool"]
    seen = await drafting.seen(desk_of(asked), name)
    if seen is None:
        raise HTTPException(404)
    return name, seen


async def _problems(asked: Asked, name: str, text: str) -> Sequence[Problem]:
    parts = asked.parts
    return await asyncio.to_thread(problems_of, name, text, parts.reader, parts.lines.tools())


def _is_wrong(found: Sequence[Problem]) -> bool:
    return any(one.severity == "error" for one in found)


def _changed(asked: Asked, name: str, old: str, new: str) -> Changed:
    place = f"{asked.parts.settings.tools.name}/{name}.toml"
    return Changed(place, difflines.rows(old, new), old, new)


def _said(old: str, new: str) -> Sequence[str]:
    """What the texts say differently, setting by setting; nothing where one cannot be read."""
    try:
        return settings_changed(data_in(old), data_in(new))
    except Unreadable:
        return ()


def _place(name: str) -> str:
    return f"/console/tools/{name}"
