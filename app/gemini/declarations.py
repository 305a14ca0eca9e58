"""Tools as function declarations that Live understands."""

from collections.abc import Mapping

from google.genai import types

from app.toolkit.spec import ToolSpec

_KEPT = ("type", "description", "required", "enum", "minimum", "maximum", "minItems", "maxItems", "$ref")
_SCHEMAS_BY_NAME = ("properties", "$defs")
_SCHEMA_LISTS = {"anyOf": "anyOf", "oneOf": "anyOf"}


def declaration(tool: ToolSpec, behavior: str | None) -> types.FunctionDeclaration:
    """A tool as Live takes it; ``behavior`` None leaves it to the model.

    Live does not read ``parametersJsonSchema`` (it calls the tool with no arguments at all,
    https://github.com/googleapis/python-genai/issues/1147), so the JSON Schema is put as the older
    ``parameters``. What those cannot say (patterns, formats, defaults) is left out: the toolkit checks it.

    Raises ValueError for a schema that is none.
    """
    schema = types.JSONSchema.model_validate(_plain(tool.parameters))
    return types.FunctionDeclaration(
        name=tool.name,
        description=tool.description,
        # An object without properties is refused; a tool without arguments has no parameters.
        parameters=types.Schema.from_json_schema(json_schema=schema) if tool.parameters.get("properties") else None,
        behavior=types.Behavior(behavior) if behavior else None,
    )


def _plain(schema: Mapping[str, object]) -> dict[str, object]:
    """The part of a JSON Schema that ``parameters`` can say."""
    plain = {key: schema[key] for key in _KEPT if key in schema}
    for key in _SCHEMAS_BY_NAME:
        if isinstance(named := schema.get(key), Mapping):
            plain[key] = {name: _plain(value) for name, value in named.items() if isinstance(value, Mapping)}
    for key, kept_as in _SCHEMA_LISTS.items():
        if isinstance(choices := schema.get(key), list):
            plain[kept_as] = [_plain(choice) for choice in choices if isinstance(choice, Mapping)]
    if isinstance(items := schema.get("items"), Mapping):
        plain["items"] = _plain(items)
    if "const" in schema:
        plain["enum"] = [schema["const"]]
    return _words_only(plain)


def _words_only(plain: dict[str, object]) -> dict[str, object]:
    """Live's ``enum`` lists words only: other choices are told in the description."""
    choices = plain.get("enum")
    if not isinstance(choices, list) or all(isinstance(choice, str) for choice in choices):
        return plain
    told = f"One of {', '.join(str(choice) for choice in choices)}."
    rest = {key: value for key, value in plain.items() if key != "enum"}
    return rest | {"description": f"{rest.get('description', '')} {told}".strip()}
