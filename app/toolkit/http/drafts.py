"""A tool's file about to be written: what a description or a command says, as the TOML a manager goes on from."""

import json
import keyword
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

HIDDEN = re.compile(
    r"authorization|cookie|token|secret|passw|api[-_]?key|subscription-key|signature|^(access_?)?key$|^app_?id$",
    re.IGNORECASE,
)
# Headers that the client writes itself, and those that a browser or a command line adds.
DROPPED = re.compile(
    r"(host|content-(length|type|encoding)|transfer-encoding|connection|te|trailer|upgrade(-insecure-requests)?|expect"
    r"|keep-alive|proxy-.*|accept(-encoding)?|user-agent|origin|referer|sec-.*|dnt|priority|cache-control|pragma)",
    re.IGNORECASE,
)
_NOT_IN_TOML = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LONGEST_DESCRIPTION = 500


class CannotConvert(Exception):
    """No tool can be made of it; the message says why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A tool before it is a file. ``secrets`` tell for each name what to set it to; ``notes`` are for whoever asked."""

    name: str
    description: str
    method: str
    url: str
    query: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, object] | None = None
    parameters: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    not_found: bool = False
    key_header: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def snake(name: str) -> str:
    """A name as tools, arguments and fields have it: ``trackingNumber`` and ``X-Tracking.Number`` in small letters."""
    parted = re.sub(r"([a-z0-9])([A-Z])|([A-Z]+)([A-Z][a-z])", r"\1\3_\2\4", name)
    plain = re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")[:60].rstrip("_")
    if not plain:
        return "value"
    reserved = plain in ("caller", "secret", "status", "retryable", "message") or keyword.iskeyword(plain)
    return f"the_{plain}" if reserved or plain[0].isdigit() else plain


def fresh(name: str, taken: Iterable[str]) -> str:
    """The name, with a number behind it when it is taken."""
    names = set(taken)
    return next(one for one in (name, *(f"{name}_{count}" for count in range(2, 1_000))) if one not in names)


def secret_name(host: str, what: str) -> str:
    """A secret's name after the company and what it is: ``EXAMPLE_API_KEY``."""
    labels = [label for label in host.split(":", maxsplit=1)[0].split(".") if label not in ("api", "www")]
    company = labels[-2] if len(labels) > 1 else labels[0]
    return f"{snake(company)}_{snake(what)}".upper()


def one_line(text: object, most: int = _LONGEST_DESCRIPTION) -> str:
    """A description on one line, its first paragraph."""
    first = str(text or "").strip().split("\n\n")[0]
    plain = " ".join(_NOT_IN_TOML.sub(" ", first).split())
    return plain if len(plain) <= most else plain[:most].rsplit(" ", 1)[0] + " …"


def toml_of(draft: Draft) -> str:
    """The file's text."""
    parts = [_head(draft), *(table(name, entries) for name, entries in _tables(draft) if entries)]
    parts += [table(f"parameters.{name}", told) for name, told in draft.parameters.items()]
    return "\n".join([*parts, _response(draft)])


def _head(draft: Draft) -> str:
    lines = ["# What the model reads to decide when to use this tool.", entry("description", draft.description)]
    lines += [entry("method", draft.method), entry("url", draft.url)]
    if draft.method != "GET":
        lines += ["write = true  # false if this only asks for something"]
        lines += ['# confirm.en = "Shall I do that?"  # read back to the caller first; arguments in braces']
        lines += ['# level = "details"  # who the caller must have shown to be: "details", or "code" by text']
    if draft.key_header:
        lines.append(entry("idempotent", draft.key_header))
    return "\n".join([*lines, ""])


def _tables(draft: Draft) -> Iterable[tuple[str, Mapping[str, object]]]:
    yield "query", draft.query
    yield "headers", draft.headers
    yield "body", draft.body or {}


def _response(draft: Draft) -> str:
    lines = ["[response]"]
    if draft.not_found:
        lines.append("not_found = [404]")
    lines += [
        "",
        "# What the model may see: a name, and where it stands in the answer. Take out what callers need not hear.",
    ]
    lines.append("[response.fields]")
    lines += [entry(name, path) for name, path in draft.fields.items()] or ['# state = "parcel.events[0].state"']
    shown = next(iter(draft.fields), "state")
    lines += ["", "# What the assistant says, more or less; {name:day} says a date, {name:digits} digit by digit."]
    lines += ["# [response.message]", f'# en = "It is {{{shown}}}."', ""]
    return "\n".join(lines)


def table(name: str, entries: Mapping[str, object]) -> str:
    """A table under its heading, with an empty line behind it."""
    return "\n".join([f"[{name}]", *(entry(key, value) for key, value in entries.items()), ""])


def entry(key: str, value: object) -> str:
    """``key = value`` as TOML, tables and lists on one line."""
    return f"{_key(key)} = {_value(value)}"


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _text(key)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(entry(key, inner) for key, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(inner) for inner in value) + "]"
    return str(value) if isinstance(value, int | float) else _text(str(value))


def _text(text: str) -> str:
    return json.dumps(_NOT_IN_TOML.sub(" ", text), ensure_ascii=False)
