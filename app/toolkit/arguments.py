"""The arguments the model gives: brought into form, checked, and told back in words where they are wrong."""

import enum
import json
from collections.abc import Mapping, Sequence
from typing import cast

from jsonschema import Draft202012Validator, ValidationError

from app.toolkit.answers import clean, cleaned

_TOLD_CHARACTERS = 200
_LONGEST_NUMBER = 100  # digits; Python refuses to read some thousand of them

Arguments = Mapping[str, object]


def coerced(args: Arguments, schema: Arguments) -> dict[str, object]:
    """The arguments the tool knows, in the form it wants where that is certain; nulls are left out."""
    return {
        name: _in_form(cleaned(args[name]), str(wanted.get("type")))
        for name, wanted in _properties(schema).items()
        if args.get(name) is not None
    }


def wrong_arguments(given: Arguments, schema: Arguments) -> str:
    """What is wrong with the arguments, told to the model; empty when nothing is."""
    properties = _properties(schema)
    missing = [name for name in cast(Sequence[str], schema.get("required", ())) if name not in given]
    if missing:
        told = "; ".join(f"{name} ({properties[name].get('description', '')})" for name in missing)
        return f"Missing: {told}. Ask the caller for it, then call the tool again."
    for error in Draft202012Validator(schema).iter_errors(dict(given)):
        name = str(error.absolute_path[0]) if error.absolute_path else ""
        wanted = properties.get(name, {})
        return f"{_mended(name, error, wanted)} ({wanted.get('description', '')}). Call the tool again with that."
    return ""


def _mended(name: str, error: ValidationError, wanted: Mapping[str, object]) -> str:
    choices = wanted.get("enum")
    if isinstance(choices, list):
        return f"{name} must be one of {', '.join(map(str, choices))}"
    if error.validator == "type":
        return f"{name} must be of type {wanted.get('type')}"
    return f"{name} does not fit: {clean(error.message)[:_TOLD_CHARACTERS]}"


def _properties(schema: Arguments) -> Mapping[str, Mapping[str, object]]:
    return cast(Mapping[str, Mapping[str, object]], schema.get("properties", {}))


def canonical(given: Arguments) -> bytes:
    """The same bytes for the same arguments, whatever their order."""
    return json.dumps(dict(given), sort_keys=True, separators=(",", ":")).encode()


def member(kind: type[enum.Enum] | None, value: object) -> object:
    """The value as the function wants it: a member of its Enum where it has one."""
    return value if kind is None else kind(value)


def _in_form(value: object, wanted: str) -> object:
    if wanted == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    if wanted == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    if wanted == "integer" and isinstance(value, str) and value.strip().isdecimal() and len(value) <= _LONGEST_NUMBER:
        return int(value)
    if wanted == "string" and isinstance(value, str):
        return value.strip()
    return value
