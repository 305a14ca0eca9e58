"""Schemas of strangers: what Live is told of them, and what it cannot be told."""

import pytest
from google.genai import types

from app.gemini.declarations import declaration
from app.toolkit.mcp.told import LARGEST, Untellable, told
from app.toolkit.spec import ToolSpec


def schema(one: object, **more: object) -> dict[str, object]:
    return {"type": "object", "properties": {"one": one}, **more}


TREE = {"type": "object", "properties": {"child": {"$ref": "#/$defs/Tree"}}}

TOLD = {
    "nothing": ({"type": "object"}, {}),
    "a text": (schema({"type": "string", "title": "One", "default": "x"}), {"one": {"type": "string"}}),
    "a pattern": (schema({"type": "string", "pattern": "(a+)+$", "format": "date"}), {"one": {"type": "string"}}),
    "a choice": (schema({"enum": ["a", "b"]}), {"one": {"enum": ["a", "b"], "type": "string"}}),
    "one value": (schema({"const": "a"}), {"one": {"enum": ["a"], "type": "string"}}),
    "or nothing": (schema({"type": ["string", "null"]}), {"one": {"type": ["string", "null"]}}),
    "limits": (schema({"type": "integer", "minimum": 1}), {"one": {"minimum": 1, "type": "integer"}}),
    "a reference": (
        schema({"$ref": "#/$defs/Day", "description": "When."}, **{"$defs": {"Day": {"type": "string"}}}),
        {"one": {"description": "When.", "type": "string"}},
    ),
    "allOf one": (schema({"allOf": [{"type": "number"}]}), {"one": {"type": "number"}}),
    "oneOf": (
        schema({"oneOf": [{"type": "string"}, {"type": "integer"}]}),
        {"one": {"anyOf": [{"type": "string"}, {"type": "integer"}]}},
    ),
    "a list": (
        schema({"type": "array", "items": {"type": "string"}, "maxItems": 3}),
        {"one": {"maxItems": 3, "type": "array", "items": {"type": "string"}}},
    ),
    "a table": (
        schema({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}),
        {"one": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}},
    ),
}


@pytest.mark.parametrize(("given", "properties"), TOLD.values(), ids=TOLD)
def test_what_live_understands_is_told(given: dict[str, object], properties: object) -> None:
    made = told(given)
    assert made["properties"] == properties
    assert isinstance(declaration(ToolSpec("a_tool", "Does it.", made), None), types.FunctionDeclaration)


UNTELLABLE = {
    "anything": ({}, "does not say what it can be"),
    "true": (True, "does not say what it can be"),
    "no type": ({"description": "Some."}, "of which type"),
    "a new type": ({"type": "date"}, "of which type"),
    "any table": ({"type": "object", "additionalProperties": {"type": "string"}}, "without named fields"),
    "any list": ({"type": "array"}, "does not say what it can be"),
    "not": ({"type": "string", "not": {"const": "a"}}, '"not"'),
    "if": ({"type": "string", "if": {"const": "a"}}, '"if"'),
    "a tuple": ({"type": "array", "prefixItems": [{"type": "string"}]}, '"prefixItems"'),
    "two at once": ({"allOf": [{"type": "string"}, {"minLength": 1}]}, "several schemas"),
    "another document": ({"$ref": "https://evil.example/schema.json"}, "outside of its schema"),
    "a file": ({"$ref": "file:///etc/passwd"}, "outside of its schema"),
    "nowhere": ({"$ref": "#/$defs/None"}, "does not say what it can be"),
    "itself": ({"$ref": "#/properties/one"}, "made of itself"),
    "a tree": ({"$ref": "#/$defs/Tree"}, "made of itself"),
    "no schema": ({"type": "integer", "minimum": "many"}, "no JSON Schema"),
    "depth": (
        {
            "type": "array",
            "items": {"type": "array", "items": {"anyOf": [{"anyOf": [{"anyOf": [{"type": "string"}]}]}]}},
        },
        "levels",
    ),
}


@pytest.mark.parametrize(("one", "said"), UNTELLABLE.values(), ids=UNTELLABLE)
def test_what_live_cannot_be_told_names_the_argument(one: object, said: str) -> None:
    with pytest.raises(Untellable) as untellable:
        told(schema(one, **{"$defs": {"Tree": TREE}}))
    assert untellable.value.argument == "one" and said in untellable.value.problem
    assert told(schema(one, **{"$defs": {"Tree": TREE}}), {"one"}) == {"type": "object", "properties": {}}


@pytest.mark.parametrize("name", ["two words", "caller", "secret", "a.b", "-x", ""])
def test_an_argument_has_a_name_that_can_be_used(name: str) -> None:
    with pytest.raises(Untellable, match="cannot be the name"):
        told({"type": "object", "properties": {name: {"type": "string"}}})


@pytest.mark.parametrize(
    "given",
    [
        {"type": "array"},
        {},
        {"type": "object", "properties": []},
        {"type": "object", "required": ["missing"]},
        schema({"type": "string", "description": "x" * LARGEST}),
        schema({"anyOf": [{"type": "object", "properties": {str(at): {"type": "string"}}} for at in range(500)]}),
    ],
)
def test_a_schema_that_is_none_or_too_large_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(Untellable):
        told(given)


def test_descriptions_lose_what_nobody_sees() -> None:
    made = told(schema({"type": "string", "description": "The\u200b item\U000e0041.\u202e"}))
    assert made["properties"] == {"one": {"type": "string", "description": "The item."}}
