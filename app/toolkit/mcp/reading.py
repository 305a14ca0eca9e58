"""Reads ``tools/<server>.mcp.toml``; a manager's mistake becomes an EditError with what to write instead."""

import json
import re
import shlex
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import cast

from app.edits import listed, meant
from app.tomls import Sheet, read_toml
from app.toolkit.declare import LEVELS, Level, Options, Scheduling
from app.toolkit.http.client import Resolve, by_dns
from app.toolkit.http.hosts import Hosts, target_of
from app.toolkit.http.options import HEADER, SCHEDULING, read_sentences
from app.toolkit.http.templates import PLACEHOLDER, placeholders, stray
from app.toolkit.http.tool import resting
from app.toolkit.mcp.server import PIN, Door, Offered
from app.toolkit.mcp.shown import plain
from app.toolkit.mcp.told import Untellable, told
from app.toolkit.mcp.tool import CALLER_WORDS, McpTool, runnable
from app.toolkit.options import claimed_argument, option_problem
from app.toolkit.schema import LoadedTool
from app.toolkit.secrets import unset_secret, written_out
from app.toolkit.spec import ToolSpec

KEYS = ("url", "headers", "command", "secrets", "tools")
TOOL_KEYS = (
    *("pin", "description", "schema", "as", "told", "arguments", "leave_out"),
    *("level", "write", "confirm", "idempotent", "timeout_s", "waiting", "fields", "blocking", "filler", "scheduling"),
)
SUFFIX = ".mcp.toml"
LONGEST_S = 30.0
DEFAULT_S = 5.0
SERVER_NAME = re.compile(r"[a-z][a-z0-9_-]{0,40}")
TOOL_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")

_SECRET = re.compile(r"secret\.([A-Z][A-Z0-9_]*)")
_SECRET_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
# Written by the client itself, or able to change what the request is.
_OURS = re.compile(
    r"host|content-.*|transfer-encoding|connection|accept.*|mcp-.*|last-event-id|te|trailer|upgrade|expect"
)

_NO_HOSTS = Hosts()
_NO_SECRETS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class McpFile:
    """What stands in a file. ``secrets`` are the names of those it needs, ``lines`` where its tools are."""

    name: str
    file: Path
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    tools: tuple[McpTool, ...] = ()
    specs: Mapping[str, ToolSpec] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)

    @property
    def pins(self) -> tuple[tuple[str, str], ...]:
        return tuple((tool.offered.name, tool.offered.pin) for tool in self.tools)

    def off_because(self, hosts: Hosts, commands: Collection[str], secrets: Mapping[str, str]) -> str:
        """Why nothing of this server is used, and who can change it; empty when it may be reached."""
        if self.command and not any(_same_command(self.command, allowed) for allowed in commands):
            what, setting = f'the command "{shlex.join(self.command)}"', "FRONTLINE_MCP_COMMANDS"
        elif self.url and not hosts.admits(target_of(self.url)[0]):
            what, setting = f'the host "{target_of(self.url)[0]}"', "FRONTLINE_TOOL_HOSTS"
        else:
            rehearsed = bool(self.url) and target_of(self.url)[0].host in hosts.pinned
            unset = unset_secret(self.secrets, secrets, rehearsed=rehearsed)
            return f"{self.name} is off: {unset}" if unset else ""
        return f"{self.name} is off: {what} is not allowed. Ask ops to add it to {setting}."

    def door(self, hosts: Hosts, secrets: Mapping[str, str], resolve: Resolve = by_dns) -> Door:
        """How it is reached, once nothing has it off."""
        if self.command:
            env = tuple((name, secrets[name]) for name in self.secrets)
            return Door(self.name, command=self.command, env=env)
        known = {f"secret.{name}": secrets[name] for name in self.secrets}
        headers = tuple(
            (name, PLACEHOLDER.sub(lambda found: known[found[1]], value)) for name, value in self.headers.items()
        )
        return Door(self.name, self.url, headers, hosts=hosts, resolve=resolve)


def _same_command(command: tuple[str, ...], allowed: str) -> bool:
    """The whole line has to be the one that ops wrote: of an interpreter alone, anything could be made."""
    try:
        return tuple(shlex.split(allowed)) == command
    except ValueError:
        return False


def read_mcp_server(
    file: Path,
    hosts: Hosts = _NO_HOSTS,
    secrets: Mapping[str, str] = _NO_SECRETS,
    commands: Collection[str] = frozenset(),
    *,
    resolve: Resolve = by_dns,
) -> list[LoadedTool]:
    """The tools of a server that are allowed, ready to run; the server is not asked. Raises EditError.

    Those of a server that ops have not allowed, or whose secret is not set, are ``off``: they answer politely, and
    nothing is sent. ``commands`` are the lines by which child processes may be started.
    """
    server = read_mcp_file(file)
    off = server.off_because(hosts, commands, secrets)
    if off:
        return [_loaded(server, tool, resting, off) for tool in server.tools]
    import app.toolkit.mcp.session  # noqa: F401 - takes a second, that no call shall wait for

    door = server.door(hosts, secrets, resolve)
    hidden = [secrets[name] for name in server.secrets]
    return [_loaded(server, tool, runnable(tool, door, server.pins, hidden), "") for tool in server.tools]


def _loaded(server: McpFile, tool: McpTool, function: Callable[..., object], off: str) -> LoadedTool:
    line = server.lines[tool.offered.name]
    return LoadedTool(server.specs[tool.name], function, tool.options, "caller", {}, server.file, line, off)


def read_mcp_file(file: Path) -> McpFile:
    """What stands in the file. Raises EditError for the first mistake in it."""
    sheet = Sheet(read_toml(file))
    sheet.known(KEYS)
    name = file.name.removesuffix(SUFFIX)
    if not SERVER_NAME.fullmatch(name):
        sheet.wrong("url", f'"{name}" is no name for a server. Name the file in a to z, 0 to 9, - and _.')
    url, command = _place(sheet)
    headers, secrets = _headers(sheet), _secrets(sheet, command)
    tools, specs = _tools(sheet, name)
    if sheet.errors:
        raise min(sheet.errors, key=lambda error: error.line)
    lines = {tool.offered.name: sheet.toml.line_of(f"tools.{tool.offered.name}") for tool in tools}
    return McpFile(name, file, url, headers, command, _used(secrets, headers), tools, specs, lines)


def read_mcp_place(file: Path) -> tuple[McpFile, dict[str, Offered]]:
    """Where the server is, and its tools as they were allowed by the names they are used by, whatever is wrong there.

    Raises EditError for a mistake outside of the tools: for those who are about to mend them.
    """
    sheet = Sheet(read_toml(file))
    url, command = _place(sheet)
    headers, secrets = _headers(sheet), _secrets(sheet, command)
    if sheet.errors:
        raise min(sheet.errors, key=lambda error: error.line)
    allowed: dict[str, Offered] = {}
    table = sheet.table("tools")
    for name in table.data:
        one = table.table(name)
        allowed[one.text("as", name)] = _offered(one, name, file.name.removesuffix(SUFFIX))
    return McpFile(file.name.removesuffix(SUFFIX), file, url, headers, command, _used(secrets, headers)), allowed


def _used(secrets: tuple[str, ...], headers: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*secrets, *_SECRET.findall(" ".join(placeholders(headers))))))


def _place(sheet: Sheet) -> tuple[str, tuple[str, ...]]:
    url, command = sheet.text("url"), sheet.data.get("command", [])
    if not isinstance(command, list) or not all(isinstance(one, str) and one for one in command):
        sheet.wrong("command", 'command is a list of texts. Write command = ["warehouse-mcp", "--read-only"].')
        return url, ()
    if bool(url) == bool(command):
        sheet.wrong("command" if url else "url", 'Write url = "https://..." or command = ["..."], one of the two.')
        return "", tuple(command)
    if url:
        try:
            target_of(url)
        except ValueError as error:
            sheet.wrong("url", str(error))
        if stray(url) or list(placeholders(url)):
            sheet.wrong("url", "The url of a server has no placeholders. Write secrets under [headers].")
    return url, tuple(command)


def _headers(sheet: Sheet) -> dict[str, str]:
    table = sheet.table("headers")
    if table.data and "command" in sheet.data:
        sheet.wrong("headers", 'A command has no headers. Write secrets = ["NAME"]: it gets them in its environment.')
    for name, value in table.data.items():
        wrong = _header_problem(name, value)
        if wrong:
            table.wrong(name, wrong)
    return {name: value for name, value in table.data.items() if isinstance(value, str)}


def _header_problem(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        return f'{name} must be a text in plain letters. Write {name} = "..."'
    if not HEADER.fullmatch(name):
        return f'"{name}" is no name of a header. Write letters, digits and dashes.'
    if _OURS.fullmatch(name.lower()):
        return f"{name} is written by the app itself. Take it out."
    odd = stray(value) or next((f"{{{one}}}" for one in placeholders(value) if not _SECRET.fullmatch(one)), "")
    if odd:
        return f"{odd} cannot stand here: all calls share the session. Write {{secret.NAME}}, or a plain text."
    return written_out(name, value)


def _secrets(sheet: Sheet, command: tuple[str, ...]) -> tuple[str, ...]:
    names = sheet.texts("secrets")
    if names and not command:
        sheet.wrong("secrets", 'Only a command gets secrets so. Write Authorization = "{secret.NAME}" under [headers].')
    for name in names:
        if not _SECRET_NAME.fullmatch(name):
            sheet.wrong("secrets", f'"{name}" is no name of a secret. Write it in capitals, as in WAREHOUSE_KEY.', name)
    return names


def _tools(sheet: Sheet, server: str) -> tuple[tuple[McpTool, ...], dict[str, ToolSpec]]:
    table = sheet.table("tools")
    tools: list[McpTool] = []
    specs: dict[str, ToolSpec] = {}
    for name in table.data:
        one = table.table(name)
        tool, spec = _tool(one, name, server)
        if spec.name in specs:
            one.wrong("as", f'There is a tool {spec.name} of this server already. Write as = "another_name".')
        tools.append(tool)
        specs[spec.name] = spec
    return tuple(tools), specs


def _tool(sheet: Sheet, name: str, server: str) -> tuple[McpTool, ToolSpec]:
    sheet.known(TOOL_KEYS)
    offered = _offered(sheet, name, server)
    ours = sheet.text("as", name)
    if not TOOL_NAME.fullmatch(ours):
        place = "as" if "as" in sheet.data else "pin"
        sheet.wrong(place, f'"{ours}" is no name for a tool here. Write as = "a_name", in a to z, 0 to 9 and _.')
    description = plain(sheet.text("told") or offered.description)
    if not description:
        sheet.wrong("description", 'The server does not say what it is for. Write told = "when the model uses it".')
    fixed = dict(sheet.table("arguments").data)
    parameters = _parameters(sheet, offered, fixed)
    arguments = tuple(cast(Mapping[str, object], parameters["properties"]))
    options = _options(sheet, arguments)
    _check_fixed(sheet, offered, fixed, options.level)
    tool = McpTool(ours, server, offered, options, fixed)
    return tool, ToolSpec(ours, description, parameters, options.blocking)


def _offered(sheet: Sheet, name: str, server: str) -> Offered:
    """What was allowed, as it was then: the file's hash has to be that of the file's own words."""
    remedy = f"Run `frontline tools mcp allow {server} {name}` to look at it and allow it again."
    schema: object = None
    try:
        schema = json.loads(sheet.text("schema"))
    except (ValueError, RecursionError):
        sheet.wrong("schema", f"The schema is no JSON. {remedy}")
    description = sheet.data.get("description", "")
    offered = Offered(
        name,
        description if isinstance(description, str) else "",
        cast(Mapping[str, object], schema) if isinstance(schema, dict) else {},
    )
    pin = sheet.text("pin")
    if not pin.startswith(PIN):
        sheet.wrong("pin", f"The tool has no pin. {remedy}")
    elif isinstance(schema, dict) and pin != offered.pin:
        sheet.wrong("pin", f"The pin is not that of this description and schema: something here was changed. {remedy}")
    return offered


def _parameters(sheet: Sheet, offered: Offered, fixed: Mapping[str, object]) -> dict[str, object]:
    left_out = sheet.texts("leave_out")
    needed = offered.schema.get("required")
    for name in left_out:
        if isinstance(needed, list) and name in needed:
            sheet.wrong("leave_out", f"The server needs {name}. Write arguments.{name} = a value, or let it be.", name)
    try:
        return told(offered.schema, (*left_out, *fixed))
    except Untellable as untellable:
        sheet.wrong("schema", f"Live cannot take this: {_of(untellable)}")
        return {"type": "object", "properties": {}}


def _of(untellable: Untellable) -> str:
    name = untellable.argument
    if not name:
        return f"the schema {untellable.problem}. Take the tool out."
    return f'{name} {untellable.problem}. Write leave_out = ["{name}"], or arguments.{name} = a value that always fits.'


def _check_fixed(sheet: Sheet, offered: Offered, fixed: Mapping[str, object], level: str) -> None:
    table = sheet.table("arguments")
    known = offered.schema.get("properties")
    for name, value in fixed.items():
        if not isinstance(known, Mapping) or name not in known:
            table.wrong(
                name, f"The tool has no argument {name}. {meant(name, known if isinstance(known, dict) else [])}"
            )
        for place in placeholders(value):
            if place not in CALLER_WORDS:
                table.wrong(name, f"{{{place}}} is not known here. {meant(place, CALLER_WORDS)}")
            elif place == "caller.customer" and level == "none":
                what = 'Who the customer is must be proved before. Write level = "details" or level = "code".'
                table.wrong(name, what)


def _options(sheet: Sheet, arguments: tuple[str, ...]) -> Options:
    write = sheet.flag("write")
    if write is None:
        sheet.wrong("write", "Does this tool change something? Write write = true, or write = false for a question.")
    options = Options(
        timeout_s=sheet.number("timeout_s", DEFAULT_S, 0.5, LONGEST_S),
        filler=sheet.flag("filler") is not False,
        blocking=sheet.flag("blocking") is True,
        level=cast(Level, sheet.choice("level", LEVELS)),
        write=write is True,
        confirm=dict(_confirm(sheet, arguments)) or None,
        idempotent=sheet.flag("idempotent") is True,
        waiting=read_sentences(sheet, "waiting") or None,
        fields=sheet.texts("fields") if "fields" in sheet.data else None,
        scheduling=cast(Scheduling, sheet.choice("scheduling", SCHEDULING)) if "scheduling" in sheet.data else None,
    )
    problem = option_problem(options, arguments)
    if problem and not sheet.errors:
        sheet.wrong(*problem)
    claimed = claimed_argument(options, arguments)
    if claimed:
        remedy = f'Write arguments.{claimed[0]} = "{{caller.customer}}": whose it is comes from the call.'
        sheet.wrong("schema", f"The model would say whose it is, by {claimed[0]}. {remedy}")
    return options


def _confirm(sheet: Sheet, arguments: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    table = sheet.table("confirm")
    for tag, text in table.data.items():
        if not isinstance(text, str):
            table.wrong(tag, 'Write the question by language: confirm.en = "Shall I book {item}?"')
            continue
        for name in re.findall(r"\{([^{}]*)\}", text):
            if name not in arguments:
                known = listed(f"{{{one}}}" for one in arguments)
                table.wrong(tag, f"{{{name}}} is no argument. " + (f"Write {known}." if known else "Take it out."))
        yield tag, text
