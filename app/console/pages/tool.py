"""A tool: what the model reads of it, what it sends, what it needs from ops, and how its uses went."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.responses import PlainTextResponse, Response

from app.console.asked import Asked
from app.console.guard import Pages
from app.console.pages.tools import calls_behind, can_write, week
from app.console.permissions import Permission
from app.edits import EditError
from app.lines.content import shown
from app.meaning.tool_week import Usage, usages
from app.store import tool_drafts, tool_uses, versions
from app.store.versions import FILES
from app.toolbench.inventory import Known, found, http_file, mistakes_in, secrets_of, used_by
from app.toolkit.http.tool import HttpTool

pages = Pages([])


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument as the model is told it."""

    name: str
    type: str
    required: bool
    says: str
    limits: str = ""


@dataclass(frozen=True, slots=True)
class User:
    """A line that uses the tool. ``version`` is what its callers get, empty where that is what the files say."""

    line: str
    version: str = ""


@pages.page("/tools/{tool}", Permission.SEE_TOOLS)
async def tool(asked: Asked) -> Response:
    name, parts = asked.path["tool"], asked.parts
    try:
        one = await asyncio.to_thread(found, name, parts.lines.tools(), parts.reader)
    except EditError as error:
        return asked.show("tools/broken.html", name=name, error=error, writable=can_write(asked))
    if one is None:
        return asked.show("frame/lost.html", 404)
    since = week(datetime.now(UTC))
    usage = usages(await tool_uses.tallies(parts.database, since, name)).get(name, Usage())
    return asked.show(
        "tools/tool.html",
        tool=one,
        http=one.http,
        arguments=arguments_of(one.spec.parameters),
        schema=pretty(one.spec.parameters),
        usage=usage,
        calls=calls_behind(name, usage, since),
        failures=await tool_uses.failures(parts.database, name, since),
        users=await _users(asked, name),
        secrets=_secrets(asked, one),
        wrong=[
            wrong for wrong in mistakes_in(parts.settings.tools, parts.lines.mistakes()) if _is_in(wrong.file.name, one)
        ],
        place=place_of(one, asked),
        template=template_of(one.http) if one.http else "",
        tries=one.kind != "house" and asked.may(Permission.RUN_TOOLS),
        edits=one.http is not None and can_write(asked),
        draft=await tool_drafts.draft(parts.database, name) if one.http is not None else None,
        sentences=_sentences(one),
    )


@pages.page("/tools/{tool}/file", Permission.SEE_TOOLS)
async def file(asked: Asked) -> Response:
    """An HTTP tool's file, to take along: no secret stands in it."""
    place = http_file(asked.parts.reader, asked.path["tool"])
    if place is None or not await asyncio.to_thread(place.is_file):
        return asked.show("frame/lost.html", 404)
    headers = {"Content-Disposition": f'attachment; filename="{place.name}"'}
    text = await asyncio.to_thread(place.read_text, encoding="utf-8", errors="replace")
    return PlainTextResponse(text, headers=headers)


async def _users(asked: Asked, name: str) -> list[User]:
    """The lines that use it, and whether their callers get it as the folder has it."""
    lines = used_by(asked.parts.lines.states()).get(name, [])
    live = await versions.all_live(asked.parts.database)
    ids = {line: live[line].version if line in live else FILES for line in lines}
    return [User(line, "" if id == FILES else shown(id)) for line, id in ids.items()]


def _secrets(asked: Asked, one: Known) -> Sequence[object]:
    if one.http is None:
        return ()
    reader = asked.parts.reader
    return secrets_of(one.http.secrets, reader, rehearsed=one.http.target.host in reader.pinned)


def _is_in(file: str, one: Known) -> bool:
    return one.file is not None and one.file.name == file


def place_of(one: Known, asked: Asked) -> str:
    """The file of a tool and its line in it, as seen from the folder of tools."""
    if one.file is None:
        return ""
    folder = asked.parts.settings.tools
    shown_file = one.file.relative_to(folder) if one.file.is_relative_to(folder) else one.file
    return f"{folder.name}/{shown_file}:{one.line}"


def arguments_of(parameters: Mapping[str, object]) -> list[Argument]:
    """A schema's arguments, in its order."""
    properties, required = parameters.get("properties"), parameters.get("required")
    needed = required if isinstance(required, list) else []
    told = properties.items() if isinstance(properties, Mapping) else ()
    return [
        Argument(name, _type(one), name in needed, str(one.get("description", "")), _limits(one))
        for name, one in told
        if isinstance(one, Mapping)
    ]


def _type(one: Mapping[str, object]) -> str:
    items = one.get("items")
    inner = f" of {items.get('type', 'any')}" if isinstance(items, Mapping) else ""
    return f"{one.get('type', 'any')}{inner}"


def _limits(one: Mapping[str, object]) -> str:
    choices = one.get("enum")
    if isinstance(choices, list):
        return " | ".join(map(str, choices))
    return str(one.get("pattern", ""))


def pretty(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def template_of(http: HttpTool) -> str:
    """The request as its file has it, placeholders in braces: no secret's value is in it."""
    query = "&".join(f"{name}={text}" for name, text in http.query.items())
    lines = [f"{http.method} https://{http.target}{http.path}" + (f"?{query}" if query else "")]
    lines += [f"{name}: {text}" for name, text in http.headers.items()]
    lines += [f"{http.key_header}: {{caller.key}}"] if http.key_header else []
    return "\n".join([*lines, *(["", pretty(http.body)] if http.body is not None else [])])


def _sentences(one: Known) -> list[tuple[str, str, str]]:
    """What callers may hear, each with when and in which language."""
    told: list[tuple[str, str, str]] = []
    options, http = one.options, one.http
    told += [("confirm", tag, text) for tag, text in (options.confirm or {}).items()]
    told += [("waiting", tag, text) for tag, texts in (options.waiting or {}).items() for text in texts]
    if http is not None:
        told += [("message", tag, text) for tag, texts in http.picking.message.items() for text in texts]
        for status, wordings in http.picking.sentences.items():
            told += [(str(status), tag, text) for tag, texts in wordings.items() for text in texts]
    return told
