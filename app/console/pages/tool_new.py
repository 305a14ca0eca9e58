"""A new HTTP tool: begun from a pasted curl command, from an operation of an OpenAPI description, or from nothing."""

import asyncio
from typing import Final

from starlette.responses import Response

from app.console.asked import Asked
from app.console.guard import Pages
from app.console.pages.tool_edit import Sheet, formed, shown
from app.console.permissions import Permission
from app.console.said import said
from app.toolbench.saving import problems_of, text_of_draft
from app.toolkit.http.curl import from_curl
from app.toolkit.http.drafts import CannotConvert, Draft
from app.toolkit.http.openapi import from_openapi, openapi_in, operations

LARGEST_DOCUMENT: Final = 2_000_000  # characters of an OpenAPI description
LARGEST_SENT: Final = 3 * LARGEST_DOCUMENT  # as a form has them
THE_DOCUMENT: Final = "The description"

pages = Pages([])


@pages.page("/tools/new", Permission.EDIT_TOOLS)
async def begun(asked: Asked) -> Response:
    return _asking(asked)


@pages.action("/tools/new/curl", Permission.EDIT_TOOLS)
async def by_curl(asked: Asked) -> Response:
    form = await asked.form()
    command, name = form.get("curl", ""), form.get("name", "").strip()
    try:
        draft = from_curl(command, name)
        return await _edited(asked, draft)
    except CannotConvert as error:
        return _asking(asked, 422, curl=command, name=name, curl_problem=str(error))


@pages.action("/tools/new/openapi", Permission.EDIT_TOOLS, LARGEST_SENT)
async def by_openapi(asked: Asked) -> Response:
    """The description first, then one of its operations."""
    form = await asked.form()
    text = await _document(asked)
    operation, name = form.get("operation", ""), form.get("name", "").strip()
    server = form.get("server", "").strip()
    try:
        document = await asyncio.to_thread(openapi_in, text.encode(), THE_DOCUMENT)
        if not operation:
            return _asking(asked, openapi=text, name=name, operations=operations(document), server=server)
        draft = await asyncio.to_thread(from_openapi, document, operation, name, server)
        return await _edited(asked, draft)
    except CannotConvert as error:
        told = str(error).replace("Write --server", "Write the server:")
        return _asking(asked, 422, openapi=text, name=name, server=server, openapi_problem=told)


async def _document(asked: Asked) -> str:
    """The file that was sent, or else the text."""
    file = await asked.file("file")
    if file is not None:
        try:
            sent = await file.read(LARGEST_DOCUMENT)
        finally:
            await file.close()
        if sent:
            return sent.decode("utf-8", "replace")
    return (await asked.form()).get("openapi", "")[:LARGEST_DOCUMENT]


async def _edited(asked: Asked, draft: Draft) -> Response:
    """The editor with the draft in it, and what is left to do. Raises CannotConvert."""
    parts = asked.parts
    text = await asyncio.to_thread(text_of_draft, draft)
    found = await asyncio.to_thread(problems_of, draft.name, text, parts.reader, parts.lines.tools())
    secrets = [
        asked.words("tools.secret_of", setting=f"TOOL_SECRET_{name}", what=said(asked.words, "check", what))
        for name, what in _wanting(asked, draft)
    ]
    sheet = Sheet(draft.name, text, is_new=True, found=found, checked=True, notes=(*draft.notes, *secrets))
    return await shown(asked, formed(sheet))


def _wanting(asked: Asked, draft: Draft) -> list[tuple[str, str]]:
    return [(name, what) for name, what in draft.secrets.items() if name not in asked.parts.reader.secrets]


def _asking(asked: Asked, status: int = 200, /, **given: object) -> Response:
    none = {"curl": "", "openapi": "", "name": "", "server": "", "operations": {}}
    problems = {"curl_problem": "", "openapi_problem": ""}
    return asked.show("tools/new.html", status, **{**none, **problems, **given})
