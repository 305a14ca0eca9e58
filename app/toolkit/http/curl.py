"""From a curl command to the draft of a tool; what looks secret in it is left out of the draft."""

import getopt
import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from app.toolkit.http.drafts import DROPPED, HIDDEN, CannotConvert, Draft, fresh, secret_name, snake
from app.toolkit.http.hosts import target_of
from app.toolkit.http.templates import PLACEHOLDER, placeholders

_SHORT = "X:H:d:Gu:A:b:e:o:m:x:F:T:w:c:sSLkivfNg0IO#"
_LONG = (
    *("request=", "header=", "data=", "data-raw=", "data-binary=", "data-ascii=", "data-urlencode=", "json=", "get"),
    *("user=", "url=", "user-agent=", "cookie=", "referer=", "output=", "max-time=", "connect-timeout=", "proxy="),
    *("form=", "upload-file=", "write-out=", "cookie-jar=", "oauth2-bearer=", "retry=", "compressed", "silent", "fail"),
    *("show-error", "location", "insecure", "include", "verbose", "globoff", "no-progress-meter", "http1.1", "http2"),
    *("head", "fail-with-body", "tlsv1.2", "progress-bar", "no-buffer"),
)
_SAME = {
    "-X": "--request",
    "-H": "--header",
    "-d": "--data",
    "-G": "--get",
    "-u": "--user",
    "-b": "--cookie",
    "-L": "--location",
    "-k": "--insecure",
    "-F": "--form",
    "-T": "--upload-file",
    "-x": "--proxy",
    "-I": "--head",
    "--data-raw": "--data",
    "--data-binary": "--data",
    "--data-ascii": "--data",
    "--data-urlencode": "--data",
}
_NOTES = {
    "--location": "Tools follow no redirects: write the url it leads to.",
    "--insecure": "Tools always check the certificate.",
    "--proxy": "Tools use no proxy.",
}
_NAMED_SECRET = re.compile(r"\$\{?([A-Z][A-Z0-9_]*)\}?|\{secret\.([A-Z][A-Z0-9_]*)\}")
_VERSION = re.compile(r"v\d+(\.\d+)?")


@dataclass(slots=True)
class _Command:
    """What the command says, option by option."""

    url: str = ""
    method: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    is_json: bool = False
    in_query: bool = False
    basic: bool = False
    notes: list[str] = field(default_factory=list)


def from_curl(command: str, name: str = "") -> Draft:
    """The draft of a tool that sends what a curl command sends.

    ``{name}`` in the command is an argument. Without any, values that look as if they change from call to call are.
    Raises CannotConvert.
    """
    read = _read(command)
    try:
        target, path = target_of(read.url.partition("?")[0])
    except ValueError as error:
        raise CannotConvert(f"{error} It is the address in the curl command.") from error
    making = _Making(target.host, bool(list(placeholders([read.url, *read.data, *(v for _, v in read.headers)]))))
    query = [*parse_qsl(urlsplit(read.url).query, keep_blank_values=True), *_query_data(read)]
    body = _body(read, making)
    method = (read.method or ("POST" if read.data and not read.in_query else "GET")).upper()
    url = f"https://{target}{making.path(path)}"
    return Draft(
        name=snake(name or f"{method} {_last_word(path)}"),
        description=f"{method} {target.host}{path}: say here what it is for, and when to use it.",
        method=method,
        url=url,
        query={key: making.text(key, value) for key, value in query},
        headers=_headers(read, making),
        body=body,
        parameters=making.parameters,
        not_found=method == "GET",
        secrets=making.secrets,
        notes=tuple(read.notes),
    )


def _read(command: str) -> _Command:
    plain = re.sub(r"\\\r?\n", " ", command.strip()).replace(" $'", " '")
    try:
        words = shlex.split(plain)
        options, rest = getopt.gnu_getopt(words[1:] if words[:1] == ["curl"] else words, _SHORT, list(_LONG))
    except ValueError as error:
        raise CannotConvert(f"The command cannot be read: {error}. Close every quotation mark.") from error
    except getopt.GetoptError as error:
        raise CannotConvert(f"The command cannot be read: {error.msg}. Take it out and try again.") from error
    read = _Command()
    for option, value in options:
        _take(read, _SAME.get(option, option), value)
    urls = [*([read.url] if read.url else []), *rest]
    if len(urls) != 1:
        raise CannotConvert("The command needs one address. Write curl https://api.example.com/...")
    read.url = _without_user(urls[0] if "://" in urls[0] else f"https://{urls[0]}", read)
    return read


def _take(read: _Command, option: str, value: str) -> None:
    if option == "--request":
        read.method = value
    elif option == "--header":
        header, _, content = value.partition(":")
        read.headers.append((header.strip(), content.strip()))
    elif option in ("--data", "--json"):
        if value.startswith("@"):
            raise CannotConvert(f"The data is in a file ({value}). Write it into the command.")
        read.data.append(value)
        read.is_json = read.is_json or option == "--json"
    elif option == "--get":
        read.in_query = True
    elif option == "--url":
        read.url = value
    elif option == "--user":
        read.basic = True
    elif option == "--cookie":
        read.headers.append(("Cookie", value))
    elif option == "--oauth2-bearer":
        read.headers.append(("Authorization", f"Bearer {value}"))
    elif option in ("--form", "--upload-file", "--head"):
        raise CannotConvert(f"{option} cannot be a tool's: HTTP tools send JSON only. Write a Python tool for it.")
    elif option in _NOTES:
        read.notes.append(_NOTES[option])


def _without_user(url: str, read: _Command) -> str:
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    read.basic = read.basic or bool(user and at)
    return f"{scheme}://{host}{slash}{path}".partition("#")[0]


def _query_data(read: _Command) -> list[tuple[str, str]]:
    return [pair for data in read.data for pair in parse_qsl(data, keep_blank_values=True)] if read.in_query else []


def _body(read: _Command, making: "_Making") -> dict[str, object] | None:
    if not read.data or read.in_query:
        return None
    written = "&".join(read.data)
    try:
        told = json.loads(written)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        told = _with_bare_placeholders(written)
    placed = making.value("", told)
    return placed if isinstance(placed, dict) else None


def _with_bare_placeholders(written: str) -> dict[str, object]:
    """JSON in which a placeholder stands without quotes, as in {"count": {count}}."""
    try:
        told = json.loads(re.sub(r"(?<=[:\[,])\s*(\{[A-Za-z_]\w*\})", r'"\1"', written))
    except ValueError as error:
        remedy = "If the service takes JSON, too, write --json '{...}'; otherwise write a Python tool for it."
        raise CannotConvert(f"The command sends no JSON object, and HTTP tools send nothing else. {remedy}") from error
    if not isinstance(told, dict):
        raise CannotConvert("The command sends JSON that is no object. Write a Python tool for it.")
    return told


def _headers(read: _Command, making: "_Making") -> dict[str, str]:
    headers: dict[str, str] = {}
    if read.basic:
        told = "user:password in base64, as printf %s 'user:password' | base64 prints it"
        headers["Authorization"] = f"Basic {making.secret('basic', told)}"
    for name, value in read.headers:
        if not value or DROPPED.fullmatch(name):
            continue
        headers[name] = making.header(name, value)
    return headers


@dataclass(slots=True)
class _Making:
    """The arguments and secrets of the draft. ``given``: the command names its arguments itself."""

    host: str
    given: bool
    parameters: dict[str, dict[str, object]] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    def secret(self, what: str, told: str, value: str = "") -> str:
        """The reference to a secret; ``$NAME`` and ``{secret.NAME}`` in the command say what it is called."""
        named = _NAMED_SECRET.fullmatch(value.strip())
        name = named[1] or named[2] if named else secret_name(self.host, what)
        self.secrets[name] = told
        return f"{{secret.{name}}}"

    def header(self, name: str, value: str) -> str:
        if not HIDDEN.search(name):
            return self._named(value)
        scheme, _, rest = value.partition(" ")
        if rest and scheme.lower() in ("bearer", "basic", "token", "apikey"):
            return f"{scheme} {self.secret('token', f'what stands after {scheme} in the command', rest)}"
        return self.secret(name.removeprefix("X-").removeprefix("x-"), f"the value of the header {name}", value)

    def path(self, path: str) -> str:
        """The path; without placeholders, a segment with digits in it is an argument named after the one before."""
        segments = path.split("/")
        if self.given:
            return "/".join(self._named(segment) for segment in segments)
        for place, segment in enumerate(segments):
            if any(character.isdigit() for character in segment) and not _VERSION.fullmatch(segment):
                before = segments[place - 1] if place > 1 else "id"
                segments[place] = self._argument(before.removesuffix("s") or "id", unquote(segment))
        return "/".join(segments)

    def text(self, key: str, value: str) -> str:
        if HIDDEN.search(key):
            return self.secret(key, f"the value of {key} in the query", value)
        return self._named(value) if self.given else self._argument(key, value)

    def value(self, key: str, value: object) -> object:
        if isinstance(value, Mapping):
            told = {name: self.value(f"{key}_{name}".strip("_"), inner) for name, inner in value.items()}
            return {name: inner for name, inner in told.items() if inner is not None}
        if isinstance(value, list):
            return [self.value(key, inner) for inner in value if inner is not None]
        if isinstance(value, str) and HIDDEN.search(key):
            return self.secret(key, f"the value of {key} in the body", value)
        if isinstance(value, str):
            return self.text(key, value)
        return value if self.given or value is None or isinstance(value, bool) else self._argument(key, value)

    def _named(self, value: str) -> str:
        for found in PLACEHOLDER.findall(value):
            if not found.startswith(("caller.", "secret.")):
                words = " ".join(snake(found).split("_"))
                self.parameters.setdefault(
                    found, {"type": "string", "description": f"The {words}, as the caller says it."}
                )
        return value

    def _argument(self, name: str, example: object) -> str:
        argument = fresh(snake(name), self.parameters)
        kind = "integer" if isinstance(example, int) else "number" if isinstance(example, float) else "string"
        words = " ".join(argument.split("_"))
        self.parameters[argument] = {"type": kind, "description": f"The {words}, such as {example}."}
        return f"{{{argument}}}"


def _last_word(path: str) -> str:
    words = [word for word in path.split("/") if word and not any(c.isdigit() for c in word) and "{" not in word]
    return words[-1] if words else "it"
