"""An HTTP tool's file as a form and back: every setting in a field of its own, or the arguments as JSON Schema."""

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from app.toolkit.http.drafts import entry, table

PLAIN: Final = ("description", "method", "url")
NUMBERS: Final = ("timeout_s", "retries")
TRUTHS: Final = ("write", "blocking", "filler")
SENTENCES: Final = ("confirm", "waiting", "message", "not_found_message")
_ARGUMENT: Final = ("type", "description", "enum", "pattern")

Data = Mapping[str, object]
Pairs = tuple[tuple[str, str], ...]


class Unreadable(Exception):
    """Something in the form cannot be read; ``name`` is its field."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(problem)
        self.name = name


@dataclass(frozen=True, slots=True)
class Row:
    """An argument in the form; ``enum`` has its choices with bars between them."""

    name: str = ""
    type: str = "string"
    says: str = ""
    is_required: bool = True
    enum: str = ""
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """``kind``: confirm, waiting, message, not_found_message, or a status; several of a language are tried in turn."""

    kind: str = "message"
    language: str = "en"
    text: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a form holds. ``rest`` is all that the file said, for the settings that the form has no field for."""

    texts: Mapping[str, str] = field(default_factory=dict)
    query: Pairs = ()
    headers: Pairs = ()
    body: str = ""
    rows: Sequence[Row] = ()
    schema: str = ""  # in the place of the rows
    fields: Pairs = ()
    not_found: str = ""
    sentences: Sequence[Sentence] = ()
    rest: Data = field(default_factory=dict)


# ---- from the file


def data_in(text: str) -> Data:
    """Raises Unreadable for what is no TOML: the check says where."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Unreadable("text", str(error)) from error


def shape_of(data: Data) -> Shape:
    """The form of a file's settings; what is of another kind than it should be is shown as it is."""
    response = _table(data, "response")
    names = (*PLAIN, *NUMBERS, *TRUTHS, "level", "idempotent", "scheduling")
    return Shape(
        texts={name: _shown(data[name]) for name in names if name in data},
        query=_pairs(_table(data, "query")),
        headers=_pairs(_table(data, "headers")),
        body=json.dumps(data["body"], ensure_ascii=False, indent=2, default=str) if "body" in data else "",
        rows=[_row(name, one) for name, one in _table(data, "parameters").items()],
        fields=_pairs(_table(response, "fields")),
        not_found=", ".join(map(str, cast(list[object], response.get("not_found", [])))),
        sentences=list(_sentences(data, response)),
        rest=data,
    )


def _table(data: Data, key: str) -> Data:
    value = data.get(key)
    return value if isinstance(value, Mapping) else {}


def _pairs(data: Data) -> Pairs:
    return tuple((name, _shown(value)) for name, value in data.items())


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _row(name: str, one: object) -> Row:
    told = one if isinstance(one, Mapping) else {}
    choices = told.get("enum")
    return Row(
        name,
        str(told.get("type", "string")),
        str(told.get("description", "")),
        told.get("required") is not False,
        " | ".join(map(str, choices)) if isinstance(choices, list) else "",
        str(told.get("pattern", "")),
    )


def _sentences(data: Data, response: Data) -> Iterator[Sentence]:
    places = [("confirm", data), ("waiting", data), ("message", response), ("not_found_message", response)]
    on = _table(response, "on")
    for kind, place in [*places, *((status, on) for status in on)]:
        for language, said in _table(place, kind).items():
            for text in said if isinstance(said, list) else [said]:
                yield Sentence(kind, language, str(text))


# ---- and back


def data_of(shape: Shape) -> Data:
    """The settings that a form stands for. Raises Unreadable."""
    made = {key: value for key, value in shape.rest.items() if key not in _ours()}
    made |= {name: text for name in PLAIN if (text := shape.texts.get(name, "").strip())}
    made |= {name: _number(name, text) for name in NUMBERS if (text := shape.texts.get(name, "").strip())}
    made |= {name: text == "true" for name in TRUTHS if (text := shape.texts.get(name, ""))}
    made |= {name: text for name in ("level", "scheduling") if (text := shape.texts.get(name, "").strip())}
    key = shape.texts.get("idempotent", "").strip()
    made |= {"idempotent": key == "true" if key in ("true", "false") else key} if key else {}
    made |= {name: dict(pairs) for name, pairs in (("query", shape.query), ("headers", shape.headers)) if pairs}
    made |= {"body": _json("body", shape.body)} if shape.body.strip() else {}
    parameters = _of_schema(shape.schema) if shape.schema.strip() else _of_rows(shape.rows)
    made |= {"parameters": parameters} if parameters else {}
    made |= {kind: found for kind in ("confirm", "waiting") if (found := _said(kind, shape.sentences))}
    response = _response(shape)
    return made | ({"response": response} if response else {})


def _ours() -> tuple[str, ...]:
    tables = ("query", "headers", "body", "parameters", "confirm", "waiting", "response")
    return (*PLAIN, *NUMBERS, *TRUTHS, "level", "scheduling", "idempotent", *tables)


def _response(shape: Shape) -> dict[str, object]:
    known = ("fields", "not_found", "message", "not_found_message", "on")
    made = {key: value for key, value in _table(shape.rest, "response").items() if key not in known}
    if shape.not_found.strip():
        made["not_found"] = [_number("not_found", one) for one in shape.not_found.replace(",", " ").split()]
    made |= {"fields": dict(shape.fields)} if shape.fields else {}
    kinds = ("message", "not_found_message")
    made |= {kind: found for kind in kinds if (found := _said(kind, shape.sentences))}
    statuses = dict.fromkeys(one.kind for one in shape.sentences if one.kind not in SENTENCES)
    on = {status: _said(status, shape.sentences) for status in statuses}
    return made | ({"on": on} if on else {})


def _said(kind: str, sentences: Iterable[Sentence]) -> dict[str, object]:
    """By language: one sentence as it is, several as a list; a read-back is always one."""
    by_language: dict[str, list[str]] = {}
    for one in sentences:
        if one.kind == kind and one.text.strip():
            by_language.setdefault(one.language.strip() or "en", []).append(one.text.strip())
    return {tag: texts[0] if len(texts) == 1 or kind == "confirm" else texts for tag, texts in by_language.items()}


def _number(name: str, text: str) -> int | float:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    raise Unreadable(name, f'"{text}" is no number.')


def _json(name: str, text: str) -> Data:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(name, f"This is no JSON: {error}.") from error
    if not isinstance(told, dict):
        raise Unreadable(name, 'This is no JSON object. Write it as {"name": "value"}.')
    return told


def _of_rows(rows: Iterable[Row]) -> dict[str, object]:
    made: dict[str, object] = {}
    for row in rows:
        if row.name in made:
            raise Unreadable("rows", f"The argument {row.name} stands twice. Write another name.")
        made[row.name] = _argument(row)
    return made


def _argument(row: Row) -> dict[str, object]:
    told: dict[str, object] = {"type": row.type, "description": row.says.strip()}
    told |= {} if row.is_required else {"required": False}
    told |= {"enum": [one.strip() for one in row.enum.split("|") if one.strip()]} if row.enum.strip() else {}
    return told | ({"pattern": row.pattern} if row.pattern else {})


# ---- arguments as JSON Schema


def schema_of(data: Data) -> str:
    """The arguments as JSON Schema, as the model is told them."""
    parameters = _table(data, "parameters")
    tables = {name: one for name, one in parameters.items() if isinstance(one, Mapping)}
    properties = {name: _property(one) for name, one in tables.items()}
    required = [name for name, one in tables.items() if one.get("required") is not False]
    schema: dict[str, object] = {"type": "object", "properties": properties}
    return json.dumps({**schema, "required": required} if required else schema, ensure_ascii=False, indent=2)


def _property(one: Data) -> dict[str, object]:
    told: dict[str, object] = {"type": "string"}
    told |= {key: value for key, value in one.items() if key != "required"}
    return {**told, "items": {"type": "string"}} if told["type"] == "array" else told


def _of_schema(text: str) -> dict[str, object]:
    """``[parameters.<name>]`` of a schema. Raises Unreadable for what an argument of an HTTP tool cannot be."""
    schema = _json("schema", text)
    properties, required = schema.get("properties", {}), schema.get("required", [])
    if not isinstance(properties, dict) or not isinstance(required, list):
        raise Unreadable("schema", '"properties" is an object, and "required" a list of names.')
    return {name: _of_property(name, one, name in required) for name, one in properties.items()}


def _of_property(name: str, one: object, is_required: bool) -> dict[str, object]:
    told = one if isinstance(one, dict) else {}
    odd = next((key for key in told if key not in (*_ARGUMENT, "items")), None)
    if odd is not None:
        raise Unreadable("schema", f'{name}: "{odd}" cannot be written here. Write {", ".join(_ARGUMENT)}.')
    made = {key: told[key] for key in _ARGUMENT if key in told}
    return made if is_required else {**made, "required": False}


# ---- as TOML


def text_of(data: Data) -> str:
    """The file's text: what it is for first, then how it is sent, what the model gives, what it sees."""
    plain = {key: value for key, value in data.items() if not isinstance(value, Mapping)}
    first = [key for key in (*PLAIN, "level", "write") if key in plain]
    lines = [entry(key, plain[key]) for key in (*first, *(key for key in plain if key not in first))]
    parts = ["\n".join([*lines, ""])]
    for key in ("query", "headers", "body", "confirm", "waiting"):
        parts += [table(key, _table(data, key))] if _table(data, key) else []
    for name, one in _table(data, "parameters").items():
        parts.append(table(f"parameters.{_quoted(name)}", one if isinstance(one, Mapping) else {}))
    others = [key for key, value in data.items() if isinstance(value, Mapping) and key not in _ours()]
    parts += [table(_quoted(key), _table(data, key)) for key in others]
    return "\n".join([*parts, *_response_tables(_table(data, "response"))]).rstrip() + "\n"


def _response_tables(response: Data) -> Iterator[str]:
    plain = {key: value for key, value in response.items() if not isinstance(value, Mapping)}
    if response:
        yield table("response", plain)
    for key, value in response.items():
        if isinstance(value, Mapping):
            yield table(f"response.{_quoted(key)}", value)


def _quoted(name: str) -> str:
    """A part of a heading."""
    return entry(name, 0).removesuffix(" = 0")
