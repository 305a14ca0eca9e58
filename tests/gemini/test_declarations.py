"""JSON Schemas as the older `parameters` of a function declaration."""

from google.genai import types

from app.gemini.declarations import declaration
from app.toolkit.spec import ToolSpec


def parameters(schema: dict[str, object]) -> object:
    declared = declaration(ToolSpec("tool", "Does.", schema), None).parameters
    return declared.model_dump(mode="json", exclude_none=True) if declared else None


def test_the_json_schema_field_that_live_does_not_read_is_never_used() -> None:
    declared = declaration(ToolSpec("tool", "Does.", {"type": "object", "properties": {"a": {"type": "string"}}}), None)
    assert declared.parameters_json_schema is None
    assert declared.parameters is not None


def test_a_tool_without_arguments_has_no_parameters() -> None:
    assert parameters({"type": "object", "properties": {}}) is None
    assert parameters({}) is None


def test_types_choices_lists_and_references_are_kept() -> None:
    schema: dict[str, object] = {
        "type": "object",
        "properties": {
            "number": {"type": "string", "description": "The order's number.", "pattern": "^[0-9]+$", "default": "1"},
            "state": {"type": "string", "enum": ["open", "closed"]},
            "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}, "maxItems": 3},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "kind": {"const": "order"},
        },
        "required": ["number"],
        "additionalProperties": False,
        "$defs": {"Line": {"type": "object", "properties": {"count": {"type": "integer", "minimum": 1}}}},
    }
    assert parameters(schema) == {
        "type": "OBJECT",
        "properties": {
            "number": {"type": "STRING", "description": "The order's number."},
            "state": {"type": "STRING", "enum": ["open", "closed"]},
            "lines": {
                "type": "ARRAY",
                "items": {"type": "OBJECT", "properties": {"count": {"type": "INTEGER", "minimum": 1.0}}},
                "max_items": 3,
            },
            "note": {"type": "STRING", "nullable": True},
            "kind": {"enum": ["order"]},
        },
        "required": ["number"],
    }


def test_choices_that_are_no_words_are_told_in_the_description() -> None:
    schema: dict[str, object] = {
        "type": "object",
        "properties": {"size": {"type": "integer", "enum": [1, 2], "description": "A size."}},
    }
    assert parameters(schema) == {
        "type": "OBJECT",
        "properties": {"size": {"type": "INTEGER", "description": "A size. One of 1, 2."}},
    }


def test_a_behavior_is_declared_only_when_there_is_one() -> None:
    tool = ToolSpec("tool", "Does.", {})
    assert declaration(tool, None).behavior is None
    assert declaration(tool, "BLOCKING").behavior is types.Behavior.BLOCKING
