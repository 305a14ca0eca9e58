"""Reads ``tools/<name>.toml``; a manager's mistake becomes an EditError with what to write instead."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from app.edits import EditError, meant
from app.tomls import Sheet, read_toml
from app.toolkit.http import options
from app.toolkit.http.answers import PATH, Picking, Wordings
from app.toolkit.http.client import Resolve, by_dns
from app.toolkit.http.hosts import Hosts, Target, target_of
from app.toolkit.http.options import HEADER, read_options, read_sentences
from app.toolkit.http.parameters import ARGUMENT, argument_names, read_parameters
from app.toolkit.http.templates import placeholders, stray
from app.toolkit.http.tool import CALLER_WORDS, HttpTool, resting, runnable
from app.toolkit.schema import LoadedTool
from app.toolkit.secrets import unset_secret, written_out

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
KEYS = ("description", "method", "url", "query", "headers", "body", "parameters", "response", *options.KEYS)
RESPONSE_KEYS = ("fields", "message", "not_found", "not_found_message", "on")
_PLACES = ("query", "headers", "body")  # beside the url, where placeholders may stand

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_SECRET = re.compile(r"secret\.([A-Z][A-Z0-9_]*)")
# Put in by the client itself, or able to change what the request is.
_OURS = frozenset(
    {
        *("host", "content-length", "content-type", "transfer-encoding", "connection", "te", "trailer", "upgrade"),
        *("accept-encoding", "expect", "keep-alive", "proxy-authorization", "proxy-connection"),
    }
)


def read_http_tool(file: Path, hosts: Hosts, secrets: Mapping[str, str], *, resolve: Resolve = by_dns) -> LoadedTool:
    """The tool of a file, ready to run. Raises EditError for the first mistake in it.

    A tool whose host ops have not allowed, whose secret is not set, or that is not finished, is ``off``: it answers
    politely and sends nothing.
    """
    tool = read_http_file(file)
    off = off_because(tool, hosts, secrets)
    return LoadedTool(
        spec=tool.spec,
        function=resting if off else runnable(tool, hosts, secrets, resolve),
        options=tool.options,
        caller_parameter="caller",
        enums={},
        file=file,
        line=1,
        off=off,
    )


def off_because(tool: HttpTool, hosts: Hosts, secrets: Mapping[str, str]) -> str:
    """Why a tool is off, and who can change that; empty when it runs."""
    locked = locked_because(tool, hosts, secrets)
    if locked:
        return f"{tool.name} is off: {locked}"
    if tool.shows_nothing:
        remedy = f"Write [response.fields] in {tool.file.name}."
        return f"{tool.name} is off: the model would see nothing of the answer. {remedy}"
    return ""


def locked_because(tool: HttpTool, hosts: Hosts, secrets: Mapping[str, str]) -> str:
    """What only ops can change before anything is sent: the host, or a secret that is not set; empty when nothing."""
    if not hosts.admits(tool.target):
        return f'the host "{tool.target}" is not allowed. Ask ops to set FRONTLINE_TOOL_HOSTS.'
    return unset_secret(tool.secrets, secrets, rehearsed=tool.target.host in hosts.pinned)


def read_http_file(file: Path) -> HttpTool:
    """What stands in the file. Raises EditError for the first mistake in it."""
    sheet = Sheet(read_toml(file))
    sheet.known(KEYS)
    tool = _tool(file, sheet)
    if sheet.errors:
        raise min(sheet.errors, key=lambda error: error.line)
    return tool


def mistakes_in(file: Path) -> list[EditError]:
    """Everything that is wrong in the file, by line: for whoever writes it."""
    try:
        sheet = Sheet(read_toml(file))
    except EditError as error:
        return [error]
    sheet.known(KEYS)
    _tool(file, sheet)
    return sorted(sheet.errors, key=lambda error: error.line)


def _tool(file: Path, sheet: Sheet) -> HttpTool:
    if not _NAME.fullmatch(file.stem):
        sheet.wrong("description", f'"{file.stem}" is no name for a tool. Name the file in a to z, 0 to 9 and _.')
    if not sheet.text("description"):
        sheet.wrong("description", 'The tool has no description. Write description = "when the model uses it".')
    method = sheet.choice("method", METHODS)
    target, path = _url(sheet)
    parameters = read_parameters(sheet.table("parameters"))
    arguments = argument_names(parameters)
    how, key_header = read_options(sheet, method, arguments)
    query, headers = _texts(sheet.table("query")), _headers(sheet.table("headers"), key_header)
    body = _body(sheet, method)
    _check_placeholders(sheet, arguments, how.level)
    return HttpTool(
        name=file.stem,
        file=file,
        description=sheet.text("description"),
        target=target,
        path=path,
        method=method,
        query=query,
        headers=headers,
        body=body,
        parameters=parameters,
        options=how,
        key_header=key_header,
        picking=_picking(sheet.table("response"), arguments),
        secrets=tuple(dict.fromkeys(_SECRET.findall(" ".join(placeholders([query, headers, body]))))),
    )


def _url(sheet: Sheet) -> tuple[Target, str]:
    url = sheet.text("url")
    try:
        target, path = target_of(url)
    except ValueError as error:
        sheet.wrong("url", str(error) if url else 'The tool has no url. Write url = "https://api.example.com/path".')
        return Target(""), "/"
    odd = stray(path)
    if odd:
        sheet.wrong("url", f"{odd} is no placeholder. Write the name of an argument in braces, as in {{order_number}}.")
    return target, path


def _texts(sheet: Sheet) -> dict[str, str]:
    """A table of texts; numbers and truth are taken for what they look like."""
    texts: dict[str, str] = {}
    for key, value in sheet.data.items():
        if isinstance(value, bool):
            texts[key] = "true" if value else "false"
        elif isinstance(value, str | int | float):
            texts[key] = str(value)
            _check_strays(sheet, key, texts[key])
        else:
            sheet.wrong(key, f'{key} must be a text. Write {key} = "..."')
    return texts


def _check_strays(sheet: Sheet, key: str, text: str) -> None:
    odd = stray(text)
    if odd:
        sheet.wrong(key, f"{odd} is no placeholder. Write an argument in braces, or {{secret.NAME}}.")


def _headers(sheet: Sheet, key_header: str) -> dict[str, str]:
    headers = _texts(sheet)
    for name, value in headers.items():
        if not HEADER.fullmatch(name):
            sheet.wrong(name, f'"{name}" is no name of a header. Write letters, digits and dashes.')
        elif name.lower() in _OURS:
            sheet.wrong(name, f"{name} is written by the app itself. Take it out.")
        elif name.lower() == key_header.lower():
            sheet.wrong(name, f"{name} carries the idempotency key already. Take it out here.")
        elif instead := written_out(name, value):
            sheet.wrong(name, instead)
        elif not (value.isascii() and value.isprintable()):
            sheet.wrong(name, f"{name} has letters that no header may hold. Write plain letters and digits.")
    return headers


def _body(sheet: Sheet, method: str) -> dict[str, object] | None:
    if "body" not in sheet.data:
        return None
    if method in ("GET", "DELETE"):
        sheet.wrong("body", f'{method} has no body. Write method = "POST", or put this under [query].')
    return dict(sheet.table("body").data)


def _check_placeholders(sheet: Sheet, arguments: Iterable[str], level: str) -> None:
    """Every placeholder is known, every argument is sent, and a customer's id is that of a caller who proved it."""
    names = tuple(arguments)
    used = {"url": set(placeholders(sheet.text("url")))}
    used |= {place: set(placeholders(sheet.data.get(place))) for place in _PLACES}
    for place, found in used.items():
        for name in sorted(found):
            _check_placeholder(sheet, place, name, names)
    if level == "none" and any("caller.customer" in found for found in used.values()):
        place = next(place for place, found in used.items() if "caller.customer" in found)
        sheet.wrong(place, 'Who the customer is must be proved before. Write level = "details" or level = "code".')
    for name in names:
        if not any(name in found for found in used.values()):
            sheet.wrong(f"parameters.{name}", f"{name} is sent nowhere. Write {{{name}}} where it belongs.")


def _check_placeholder(sheet: Sheet, place: str, name: str, arguments: tuple[str, ...]) -> None:
    if name in arguments or name in CALLER_WORDS or (place != "url" and _SECRET.fullmatch(name)):
        return
    if name.startswith("secret."):
        where = _place_of(sheet, place, name)
        sheet.wrong(where, f"{{{name}}} cannot stand here. Write {{secret.NAME}}, in capitals, under [headers].")
    else:
        known = meant(name, [*arguments, *CALLER_WORDS])
        sheet.wrong(_place_of(sheet, place, name), f"{{{name}}} is no argument. {known}")


def _place_of(sheet: Sheet, place: str, name: str) -> str:
    """The key under ``place`` that has the placeholder in it."""
    table = sheet.data.get(place)
    entries = table.items() if isinstance(table, Mapping) else ()
    return next((f"{place}.{key}" for key, value in entries if name in placeholders(value)), place)


def _picking(sheet: Sheet, arguments: tuple[str, ...]) -> Picking:
    sheet.known(RESPONSE_KEYS)
    fields = _fields(sheet.table("fields"))
    known = (*fields, *arguments)
    not_found = _statuses(sheet)
    sentences: dict[int, Wordings] = {}
    absent = read_sentences(sheet, "not_found_message", known)
    if absent and not not_found:
        sheet.wrong("not_found_message", "Which answers mean that nothing is there? Write not_found = [404].")
    on = sheet.table("on")
    for status in on.data:
        if not (status.isdecimal() and 400 <= int(status) < 500):
            on.wrong(status, f'"{status}" is no refusal of a service. Write a status from 400 to 499.')
            continue
        sentences[int(status)] = read_sentences(on, status, known)
    return Picking(
        fields=fields,
        message=read_sentences(sheet, "message", known),
        not_found=not_found,
        sentences={**sentences, **(dict.fromkeys(not_found, absent) if absent else {})},
    )


def _fields(sheet: Sheet) -> dict[str, str]:
    fields = _texts(sheet)
    for name, path in fields.items():
        if not ARGUMENT.fullmatch(name) or name in ("status", "retryable", "message"):
            sheet.wrong(name, f'"{name}" cannot be the name of a field. Write another, in a to z, 0 to 9 and _.')
        elif not PATH.fullmatch(path):
            sheet.wrong(name, f'"{path}" is no path. Write it as carrier.name or events[0].text.')
    return fields


def _statuses(sheet: Sheet) -> frozenset[int]:
    written = sheet.data.get("not_found", [])
    if isinstance(written, list) and all(isinstance(one, int) and 200 <= one < 500 for one in written):
        return frozenset(written)
    sheet.wrong("not_found", "not_found lists statuses from 200 to 499. Write not_found = [404].")
    return frozenset()
