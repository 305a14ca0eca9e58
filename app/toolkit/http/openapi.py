"""From one operation of an OpenAPI description (3.0 or 3.1) to the draft of a tool."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import yaml

from app.edits import meant
from app.toolkit.http.drafts import CannotConvert, Draft, fresh, one_line, secret_name, snake
from app.toolkit.http.hosts import target_of
from app.toolkit.http.schemas import Arguments, Document, leaves, text

METHODS = ("get", "post", "put", "patch", "delete")
MOST_ARGUMENTS = 12
MOST_FIELDS = 8
LARGEST_FILE = 20 * 2**20  # bytes

Object = Mapping[str, object]

# OpenAPI is written in YAML 1.2, where on, off, yes and no are words, and a day is one, too
# (https://spec.openapis.org/oas/v3.1.0#format); the library reads 1.1.
_TRUTH = re.compile(r"true|True|TRUE|false|False|FALSE")
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS = ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")
_RESOLVERS = {
    first: [(tag, form) for tag, form in known if tag not in _WORDS]
    for first, known in _LOADER.yaml_implicit_resolvers.items()
}
_YAML: type[yaml.SafeLoader] = type("_Yaml", (_LOADER,), {"yaml_implicit_resolvers": _RESOLVERS})
_YAML.add_implicit_resolver(_WORDS[0], _TRUTH, list("tTfF"))


def read_openapi(file: Path) -> Document:
    """The description in a file, YAML or JSON. Raises CannotConvert."""
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise CannotConvert(f"{file} is too large to be read: it has more than {LARGEST_FILE} bytes.")
        return openapi_in(file.read_bytes(), str(file))
    except OSError as error:
        raise CannotConvert(f"{file} cannot be read ({error.strerror}). Write the path of an OpenAPI file.") from error


def openapi_in(written: bytes, name: str) -> Document:
    """The same for what was read already; ``name`` is what messages call it. Raises CannotConvert."""
    try:
        data = yaml.load(written, Loader=_YAML)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise CannotConvert(f"{name} is neither YAML nor JSON: {one_line(error, 200)}") from error
    version = str(data.get("openapi", "")) if isinstance(data, Mapping) else ""
    if not version.startswith("3."):
        raise CannotConvert(f"{name} is no OpenAPI 3 description. Write the path of one, or convert it to version 3.")
    return Document(data)


def operations(document: Document) -> dict[str, tuple[str, str]]:
    """Every operation by name, its id or ``GET /path``: its method and path."""
    found: dict[str, tuple[str, str]] = {}
    for path, item in document.at(document.data, "paths").items():
        for method in METHODS:
            operation = document.at(document.table(item), method)
            if operation:
                found[text(operation.get("operationId")) or f"{method.upper()} {path}"] = (method, str(path))
    return found


def from_openapi(document: Document, operation: str, name: str = "", server: str = "") -> Draft:
    """The draft of a tool for an operation, given by its id or as ``GET /path``. Raises CannotConvert."""
    known = operations(document)
    method, path = known.get(operation) or _by_path(known, operation)
    item = document.at(document.at(document.data, "paths"), path)
    told = document.at(item, method)
    base = server or _server(document, told, item)
    arguments = Arguments(document)
    parameters = list(_parameters(document, item, told))
    url = base.rstrip("/") + _filled_path(path, parameters, arguments)
    draft = Draft(
        name=snake(name or text(told.get("operationId")) or f"{method}_{path}"),
        description=_description(told, method, path),
        method=method.upper(),
        url=url,
        query=_placed(parameters, "query", arguments),
        headers=_placed(parameters, "header", arguments),
        key_header=_key_header(parameters),
        body=_body(document, told, method, arguments),
        fields=_fields(document, told),
        not_found="404" in _answers(document, told),
    )
    draft = _secured(document, told, draft)
    return replace(draft, parameters=arguments.told, notes=(*arguments.notes, *draft.notes))


def _by_path(known: Mapping[str, tuple[str, str]], operation: str) -> tuple[str, str]:
    method, _, path = operation.partition(" ")
    if (method.lower(), path.strip()) in known.values():
        return method.lower(), path.strip()
    raise CannotConvert(f'There is no operation "{operation}". {meant(operation, known)}')


def _description(told: Object, method: str, path: str) -> str:
    parts = [one_line(text(told.get(key))) for key in ("summary", "description")]
    said = one_line(" ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in parts if part))
    return said or f"{method.upper()} {path}: say here what it is for, and when to use it."


def _server(document: Document, told: Object, item: Object) -> str:
    for level in (told, item, document.data):
        servers = level.get("servers")
        first = servers[0] if isinstance(servers, list) and servers else None
        if isinstance(first, Mapping):
            return _checked_server(document, first)
    raise CannotConvert("The description names no server. Write --server https://api.example.com")


def _checked_server(document: Document, server: Object) -> str:
    url = text(server.get("url"))
    for name, variable in document.at(server, "variables").items():
        url = url.replace(f"{{{name}}}", text(document.table(variable).get("default")))
    try:
        target_of(url)
    except ValueError as error:
        raise CannotConvert(f'The server "{url}" cannot be used. {error} Or write --server https://...') from error
    return url


def _parameters(document: Document, item: Object, told: Object) -> Iterator[Object]:
    """The operation's parameters; its own go before those of the whole path."""
    found: dict[tuple[str, str], Object] = {}
    for level in (item, told):
        listed = level.get("parameters")
        for parameter in listed if isinstance(listed, list) else []:
            one = document.table(parameter)
            found[text(one.get("name")), text(one.get("in"))] = one
    yield from found.values()


def _filled_path(path: str, parameters: list[Object], arguments: Arguments) -> str:
    for parameter in parameters:
        if parameter.get("in") == "path":
            name = text(parameter.get("name"))
            path = path.replace(f"{{{name}}}", arguments.placeholder(name, parameter, required=True))
    return path


def _placed(parameters: list[Object], place: str, arguments: Arguments) -> dict[str, str]:
    placed: dict[str, str] = {}
    for parameter in parameters:
        name, required = text(parameter.get("name")), parameter.get("required") is True
        if parameter.get("in") != place or _is_not_an_argument(name, place):
            continue
        if not required and (parameter.get("deprecated") is True or len(arguments.told) >= MOST_ARGUMENTS):
            arguments.notes.append(f"The optional {place} parameter {name} is left out.")
            continue
        placed[name] = arguments.placeholder(name, parameter, required=required)
    return placed


def _is_not_an_argument(name: str, place: str) -> bool:
    """https://spec.openapis.org/oas/v3.1.0#parameter-object: these three say nothing as parameters."""
    return place == "header" and (name.lower() in ("accept", "content-type", "authorization") or _carries_key(name))


def _carries_key(name: str) -> bool:
    return re.fullmatch(r"(x-)?idempotency-key", name, re.IGNORECASE) is not None


def _key_header(parameters: list[Object]) -> str:
    headers = (text(parameter.get("name")) for parameter in parameters if parameter.get("in") == "header")
    return next((name for name in headers if _carries_key(name)), "")


def _body(document: Document, told: Object, method: str, arguments: Arguments) -> dict[str, object] | None:
    wanted = document.at(told, "requestBody")
    if not wanted or method in ("get", "delete"):
        return None
    schema = document.json_schema(wanted)
    if schema is None:
        raise CannotConvert(
            "The operation takes no JSON, and HTTP tools send nothing else. Write a Python tool for it."
        )
    return arguments.body(schema, MOST_ARGUMENTS)


def _answers(document: Document, told: Object) -> dict[str, object]:
    """The answers by status; without quotes a status is a number in YAML."""
    return {str(status): answer for status, answer in document.at(told, "responses").items()}


def _fields(document: Document, told: Object) -> dict[str, str]:
    """The first few values of the answer that comes when all is well."""
    answers = _answers(document, told)
    good = next((answers[status] for status in sorted(answers) if status.startswith("2")), None)
    schema = document.json_schema(document.table(good)) if good else None
    fields: dict[str, str] = {}
    for path in leaves(document, schema or {}):
        if len(fields) == MOST_FIELDS:
            break
        names = [snake(part) for part in re.findall(r"[^.\[\]]+", path) if not part.isdecimal()]
        name = names[-1] if names[-1] not in fields else "_".join(names[-2:])
        fields[fresh(name, fields)] = path
    return fields


def _secured(document: Document, told: Object, draft: Draft) -> Draft:
    """The draft with what proves who asks, as references to secrets."""
    wanted = told.get("security", document.data.get("security"))
    first = wanted[0] if isinstance(wanted, list) and wanted else {}
    schemes = document.at(document.at(document.data, "components"), "securitySchemes")
    for name in document.table(first):
        draft = _with_scheme(draft, str(name), document.at(schemes, str(name)))
    return draft


def _with_scheme(draft: Draft, name: str, scheme: Object) -> Draft:
    target, _ = target_of(draft.url)
    secret = secret_name(target.host, name)
    kind, place, field = (text(scheme.get(key)) for key in ("type", "in", "name"))
    if kind == "apiKey" and place in ("header", "query"):
        entry = {field: f"{{secret.{secret}}}"}
        told = "the service's key"
        if place == "query":
            return replace(draft, query={**draft.query, **entry}, secrets={**draft.secrets, secret: told})
        return replace(draft, headers={**entry, **draft.headers}, secrets={**draft.secrets, secret: told})
    if kind == "http" and text(scheme.get("scheme")).lower() == "basic":
        entry = {"Authorization": f"Basic {{secret.{secret}}}"}
        told = "user:password in base64, as printf %s 'user:password' | base64 prints it"
        return replace(draft, headers={**entry, **draft.headers}, secrets={**draft.secrets, secret: told})
    if kind in ("http", "oauth2", "openIdConnect"):
        entry = {"Authorization": f"Bearer {{secret.{secret}}}"}
        told = "a token" if kind == "http" else "a token that does not expire: it is not renewed"
        return replace(draft, headers={**entry, **draft.headers}, secrets={**draft.secrets, secret: told})
    return replace(draft, notes=(*draft.notes, f"The security scheme {name} ({kind} in {place}) is left out."))
