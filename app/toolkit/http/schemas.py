"""The schemas of an OpenAPI description: followed to their references, and put as arguments of a tool."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from app.toolkit.http.drafts import CannotConvert, fresh, one_line, snake

DEEPEST = 4  # tables in tables
_MOST_REFERENCES = 20  # one leading to the next
_PLAIN = ("string", "integer", "number", "boolean")

Object = Mapping[str, object]


def text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Document:
    """An OpenAPI description as it was read."""

    data: Object

    def table(self, value: object) -> Object:
        """The value behind its references, if it is a table; else an empty one. Raises CannotConvert."""
        for _ in range(_MOST_REFERENCES):
            if not isinstance(value, Mapping):
                return {}
            if not isinstance(value.get("$ref"), str):
                return value
            value = self._followed(value["$ref"])
        raise CannotConvert("A $ref leads back to itself. Mend the description.")

    def at(self, value: Object, key: str) -> Object:
        return self.table(value.get(key))

    def _followed(self, reference: str) -> object:
        if not reference.startswith("#/"):
            raise CannotConvert(f'The reference "{reference}" leads out of the file. Put all into one file first.')
        value: object = self.data
        for step in reference[2:].split("/"):
            name = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(value, Mapping) or name not in value:
                raise CannotConvert(f'The reference "{reference}" leads nowhere. Mend the description.')
            value = value[name]
        return value

    def json_schema(self, message: Object) -> Object | None:
        """The schema of a body's JSON; None when it is none."""
        content = self.at(message, "content")
        kinds = [kind for kind in content if re.fullmatch(r"application/(.+\+)?json(;.*)?|\*/\*", str(kind))]
        return self.schema(self.at(content, kinds[0]).get("schema")) if kinds else None

    def schema(self, value: object, depth: int = 0) -> Object:
        """A schema in one piece: all of ``allOf``, and of ``anyOf`` and ``oneOf`` the first that is no null."""
        if depth > _MOST_REFERENCES:
            raise CannotConvert("A schema is made of itself. Mend the description.")
        told = self.table(value)
        for part in _listed(told, "allOf"):
            told = _merged(told, self.schema(part, depth + 1))
        choices = [*_listed(told, "anyOf"), *_listed(told, "oneOf")]
        real = [one for one in map(self.table, choices) if one.get("type") != "null"]
        return _merged(told, self.schema(real[0], depth + 1)) if real else told


def _listed(told: Object, key: str) -> list[object]:
    value = told.get(key)
    return value if isinstance(value, list) else []


def _merged(told: Object, more: Object) -> Object:
    merged = {**more, **{key: value for key, value in told.items() if key not in ("allOf", "anyOf", "oneOf")}}
    first, second = more.get("properties"), told.get("properties")
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        merged["properties"] = {**second, **{name: one for name, one in first.items() if name not in second}}
    required = [*_listed(told, "required"), *_listed(more, "required")]
    return {**merged, "required": required} if required else merged


def kind_of(schema: Object) -> str:
    """The type; of several (3.1) the first that is no null."""
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "")
    return str(kind or ("object" if "properties" in schema else "array" if "items" in schema else "string"))


def leaves(document: Document, schema: Object, path: str = "", depth: int = 0) -> Iterator[str]:
    """The path of every plain value in what a schema describes; of a list its first."""
    kind = kind_of(schema)
    if kind in _PLAIN:
        if path:
            yield path
    elif depth < DEEPEST and kind == "array":
        yield from leaves(document, document.schema(schema.get("items")), f"{path}[0]", depth + 1)
    elif depth < DEEPEST:
        for name, inner in document.at(schema, "properties").items():
            if re.fullmatch(r"[^.\[\]\s]+", str(name)):
                yield from leaves(document, document.schema(inner), f"{path}.{name}" if path else str(name), depth + 1)


@dataclass(slots=True)
class Arguments:
    """The arguments of the tool being drafted: ``told`` fills with what their tables say."""

    document: Document
    told: dict[str, dict[str, object]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def placeholder(self, name: str, parameter: Object, *, required: bool) -> str:
        """The placeholder of a parameter; its argument is noted."""
        schema = self.document.schema(parameter.get("schema"))
        if "const" in schema:
            return str(schema["const"])
        argument = fresh(snake(name), self.told)
        if "example" in parameter:
            schema = {**schema, "example": parameter["example"]}
        self.told[argument] = self._table(name, schema, text(parameter.get("description")), required)
        return f"{{{argument}}}"

    def body(self, schema: Object, most: int, prefix: str = "", depth: int = 0) -> dict[str, object]:
        """A body of a schema, with a placeholder for each plain value in it."""
        body: dict[str, object] = {}
        needed = _listed(schema, "required")
        for name, inner in self.document.at(schema, "properties").items():
            told = self.document.schema(inner)
            required = name in needed
            if told.get("readOnly") is True or (not required and len(self.told) >= most):
                continue
            placed = self._placed(str(name), told, required, most, prefix, depth)
            if placed is not None:
                body[str(name)] = placed
        return body

    def _placed(self, name: str, schema: Object, required: bool, most: int, prefix: str, depth: int) -> object:
        kind = kind_of(schema)
        if "const" in schema:
            return schema["const"]
        if kind == "object" and depth < DEEPEST and self.document.at(schema, "properties"):
            return self.body(schema, most, f"{prefix}{name}_", depth + 1) or None
        if kind in _PLAIN or (kind == "array" and kind_of(self.document.schema(schema.get("items"))) == "string"):
            return self.placeholder(prefix + name, {"schema": schema}, required=required)
        if required:
            self.notes.append(f"{name} in the body cannot be an argument ({kind}). Write it under [body] yourself.")
        return None

    def _table(self, name: str, schema: Object, description: str, required: bool) -> dict[str, object]:
        kind = kind_of(schema)
        table: dict[str, object] = {"type": kind if kind in (*_PLAIN, "array") else "string"}
        table["description"] = _described(name, schema, description or text(schema.get("description")))
        choices = schema.get("enum")
        if kind == "string" and isinstance(choices, list) and choices and all(isinstance(one, str) for one in choices):
            table["enum"] = list(dict.fromkeys(choices))
        if kind == "string" and _readable(schema.get("pattern")):
            table["pattern"] = str(schema["pattern"])
        return table if required else {**table, "required": False}


def _described(name: str, schema: Object, description: str) -> str:
    said = one_line(description, 300) or f"The {' '.join(snake(name).split('_'))}, as the caller says it."
    if schema.get("format") in ("date", "date-time"):
        said += " As YYYY-MM-DD." if schema["format"] == "date" else " As YYYY-MM-DDTHH:MM:SSZ."
    example = schema.get("example", schema.get("default"))
    return f"{said} Such as {example}." if isinstance(example, str | int | float) and str(example) not in said else said


def _readable(pattern: object) -> bool:
    try:
        return isinstance(pattern, str) and bool(re.compile(pattern))
    except re.error:
        return False
