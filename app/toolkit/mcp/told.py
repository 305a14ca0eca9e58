"""From a server's schema to the one the model is told: the part that Live understands, and that is safe to check by."""

from collections.abc import Collection, Mapping
from typing import cast

import orjson
from jsonschema import Draft202012Validator, SchemaError

from app.toolkit.http.parameters import ARGUMENT
from app.toolkit.mcp.shown import plain

DEEPEST = 5  # tables and lists in one another
LARGEST = 8 * 1024  # bytes
MOST_REFERENCES = 20

_TYPES = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})
# Patterns and formats are left to the server: those of a stranger could keep us busy for ever.
_KEPT = ("minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength")
_NEVER = ("not", "if", "prefixItems", "patternProperties", "dependentSchemas", "dependentRequired", "$dynamicRef")
_OF_THE_HOUSE = ("caller", "secret")

Schema = Mapping[str, object]


class Untellable(Exception):
    """An argument that Live cannot be told of. ``argument`` is empty where it is the schema as a whole."""

    def __init__(self, argument: str, problem: str) -> None:
        super().__init__(f"{argument} {problem}")
        self.argument = argument
        self.problem = problem


def told(schema: Schema, without: Collection[str] = ()) -> dict[str, object]:
    """The schema of the arguments that the model gives: all but ``without``. Raises Untellable."""
    if schema.get("type") != "object":
        raise Untellable("", "is no table of arguments")
    written = _table(schema.get("properties", {}), "", "properties")
    properties: dict[str, object] = {}
    for name, inner in written.items():
        if name in without:
            continue
        if not ARGUMENT.fullmatch(name) or name in _OF_THE_HOUSE:
            raise Untellable(name, "cannot be the name of an argument here")
        properties[name] = _Reader(schema, name).read(inner, 1)
    needed = schema.get("required", [])
    required = [name for name in needed if name not in without] if isinstance(needed, list) else []
    if not set(required) <= set(properties):
        raise Untellable("", "requires an argument that it does not describe")
    made: dict[str, object] = {
        "type": "object",
        "properties": properties,
        **({"required": required} if required else {}),
    }
    _check(made)
    return made


def _check(made: dict[str, object]) -> None:
    if len(orjson.dumps(made)) > LARGEST:
        raise Untellable("", f"has more than {LARGEST} bytes")
    try:
        Draft202012Validator.check_schema(made)
    except SchemaError as error:
        name = str(error.absolute_path[1]) if len(error.absolute_path) > 1 else ""
        raise Untellable(name, "is described by something that is no JSON Schema") from error


def _table(value: object, argument: str, what: str) -> Schema:
    if isinstance(value, Mapping):
        return cast(Schema, value)
    raise Untellable(argument, f"has {what} that are no table")


class _Reader:
    """Reads the schema of one argument, its references followed within the document."""

    def __init__(self, document: Schema, argument: str) -> None:
        self._document = document
        self._argument = argument
        self._followed = 0

    def read(self, value: object, depth: int) -> dict[str, object]:
        if depth > DEEPEST:
            raise self._cannot(f"has more than {DEEPEST} levels, or is made of itself")
        schema = self._resolved(value)
        made: dict[str, object] = {key: schema[key] for key in _KEPT if key in schema}
        if isinstance(schema.get("description"), str):
            made["description"] = plain(str(schema["description"]))
        choices = schema.get("anyOf", schema.get("oneOf"))
        if isinstance(choices, list) and choices:
            return {**made, "anyOf": [self.read(choice, depth + 1) for choice in choices]}
        listed = [schema["const"]] if "const" in schema else schema.get("enum")
        if isinstance(listed, list) and listed:
            made["enum"] = listed
        return {**made, **self._typed(schema, made, depth)}

    def _typed(self, schema: Schema, made: Schema, depth: int) -> dict[str, object]:
        kind = schema.get("type")
        kinds = kind if isinstance(kind, list) else [kind]
        if kind is None and "enum" in made:
            return {"type": "string"} if all(isinstance(one, str) for one in cast(list[object], made["enum"])) else {}
        if not kinds or not all(isinstance(one, str) and one in _TYPES for one in kinds):
            raise self._cannot("does not say of which type it is")
        typed: dict[str, object] = {"type": kind}
        if "array" in kinds:
            typed["items"] = self.read(schema.get("items"), depth + 1)
        if "object" in kinds:
            typed |= self._fields(schema, depth)
        return typed

    def _fields(self, schema: Schema, depth: int) -> dict[str, object]:
        fields = schema.get("properties")
        if not isinstance(fields, Mapping) or not fields:
            raise self._cannot("is a table without named fields")
        read = {str(name): self.read(inner, depth + 1) for name, inner in fields.items()}
        needed = schema.get("required")
        required = [name for name in needed if name in read] if isinstance(needed, list) else []
        return {"properties": read, **({"required": required} if required else {})}

    def _resolved(self, value: object) -> Schema:
        """The schema behind its references, in one piece."""
        schema = self._as_schema(value)
        while "$ref" in schema or "allOf" in schema:
            self._followed += 1
            if self._followed > MOST_REFERENCES:
                raise self._cannot("is made of itself, or of too many parts")
            schema = self._step(schema)
        odd = next((key for key in _NEVER if key in schema), "")
        if odd:
            raise self._cannot(f'is described with "{odd}"')
        return schema

    def _step(self, schema: Schema) -> Schema:
        rest = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
        if "$ref" in schema:
            more = {"allOf": schema["allOf"]} if "allOf" in schema else {}
            return {**self._referred(schema["$ref"]), **rest, **more}
        parts = schema["allOf"]
        if not isinstance(parts, list) or len(parts) != 1:
            raise self._cannot("is put together of several schemas")
        return {**self._as_schema(parts[0]), **rest}

    def _referred(self, reference: object) -> Schema:
        """Where a reference leads; none leads out of the document."""
        if not isinstance(reference, str) or not reference.startswith("#/"):
            raise self._cannot("refers to something outside of its schema")
        value: object = self._document
        for step in reference[2:].split("/"):
            name = step.replace("~1", "/").replace("~0", "~")
            value = value.get(name) if isinstance(value, Mapping) else None
        return self._as_schema(value)

    def _as_schema(self, value: object) -> Schema:
        if isinstance(value, Mapping) and value:
            return cast(Schema, value)
        raise self._cannot("does not say what it can be")

    def _cannot(self, problem: str) -> Untellable:
        return Untellable(self._argument, problem)
