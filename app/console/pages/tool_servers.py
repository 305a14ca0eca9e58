"""An MCP server: where it is, what of it is allowed and pinned, and what it offers now beside that."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from app.console.asked import Asked
from app.console.guard import Pages
from app.console.pages.tool import pretty
from app.console.pages.tools import can_write
from app.console.permissions import Permission
from app.toolbench.saving import is_writable
from app.toolbench.servers import CannotAllow, CannotAsk, Server, allow, asked_again, named, take_off
from app.toolkit.mcp.comparing import Compared, doubts
from app.toolkit.mcp.shown import visible

pages = Pages([])


@dataclass(frozen=True, slots=True)
class Row:
    """A tool of the server for people to read: everything unseen in its words written out."""

    name: str
    label: str
    ours: str
    state: str  # "pinned" until the server was asked
    pin: str
    description: str
    schema: str
    changes: Sequence[str] = ()
    doubts: Sequence[str] = ()
    reads_only: bool = False


@pages.page("/tools/mcp/{server}", Permission.SEE_TOOLS)
async def server(asked: Asked) -> Response:
    one = await _named(asked)
    if one is None:
        return asked.show("frame/lost.html", 404)
    return _shown(asked, one, _pinned(one))


@pages.action("/tools/mcp/{server}/ask", Permission.RUN_TOOLS)
async def ask(asked: Asked) -> Response:
    """Connect to it and compare; nothing of it is called."""
    one = await _named(asked)
    if one is None:
        return asked.show("frame/lost.html", 404)
    try:
        found = await asked_again(one, asked.parts.reader)
    except CannotAsk as error:
        return _shown(asked, one, _pinned(one), problem=str(error))
    changed = sum(each.state in ("changed", "gone", "twice") and bool(each.ours) for each in found)
    await asked.audit("server.asked", one.name, tools=len(found), changed=changed)
    return _shown(asked, one, [_row(each) for each in found], was_asked=True, changed=changed)


@pages.action("/tools/mcp/{server}/allow", Permission.EDIT_TOOLS)
async def allowed(asked: Asked) -> Response:
    """Allow a tool as it was read: with the pin that the page showed, or not at all."""
    one, form = await _named(asked), await asked.form()
    if one is None:
        return asked.show("frame/lost.html", 404)
    tool, pin, writes = form.get("tool", ""), form.get("pin", ""), form.get("write") != "false"
    try:
        await allow(one, tool, pin, form.get("ours", "").strip(), writes, asked.parts.reader)
    except (CannotAllow, CannotAsk) as error:
        return _shown(asked, one, _pinned(one), problem=str(error), status=409)
    await asked.audit("server.tool_allowed", one.name, tool=tool, pin=pin, write=writes)
    return asked.go(f"/console/tools/mcp/{one.name}", "tools.told_allowed")


@pages.action("/tools/mcp/{server}/off", Permission.EDIT_TOOLS)
async def taken_off(asked: Asked) -> Response:
    """Take a tool out: the assistant has it no more."""
    one, tool = await _named(asked), (await asked.form()).get("tool", "")
    if one is None:
        return asked.show("frame/lost.html", 404)
    try:
        await take_off(one, tool)
    except CannotAllow as error:
        return _shown(asked, one, _pinned(one), problem=str(error), status=409)
    await asked.audit("server.tool_off", one.name, tool=tool)
    return asked.go(f"/console/tools/mcp/{one.name}", "tools.told_off")


async def _named(asked: Asked) -> Server | None:
    return await asyncio.to_thread(named, asked.path["server"], asked.parts.reader)


def _pinned(one: Server) -> list[Row]:
    """What was allowed, while the server is not asked."""
    return [
        Row(told.name, visible(told.name), ours, "pinned", told.pin, visible(told.description), pretty(told.schema))
        for ours, told in one.allowed.items()
    ]


def _row(one: Compared) -> Row:
    told = one.now or one.then
    assert told is not None
    return Row(
        told.name,
        visible(told.name),
        one.ours,
        one.state,
        told.pin,
        visible(told.description),
        pretty(told.schema),
        one.changes,
        tuple(doubts(one.now)) if one.now else (),
        told.reads_only,
    )


def _shown(
    asked: Asked,
    one: Server,
    rows: Sequence[Row],
    problem: str = "",
    status: int = 200,
    *,
    was_asked: bool = False,
    changed: int = 0,
) -> Response:
    return asked.show(
        "tools/server.html",
        status,
        server=one,
        rows=rows,
        problem=problem,
        was_asked=was_asked,
        changed=changed,
        asks=asked.may(Permission.RUN_TOOLS) and one.place is not None and not one.off,
        allows=can_write(asked) and is_writable(one.file.parent),
    )
