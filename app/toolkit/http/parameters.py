"""The arguments of an HTTP tool: ``[parameters.<name>]``, as a JSON Schema the model is told."""

import re
from typing import cast

from app.tomls import Sheet

TYPES = ("string", "integer", "number", "boolean", "array")
KEYS = ("type", "description", "required", "enum", "pattern")
ARGUMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
SHORTEST_DESCRIPTION = 8
_OF_THE_HOUSE = ("caller", "secret")


def read_parameters(sheet: Sheet) -> dict[str, object]:
    """The schema of all arguments (``{"type": "object", ...}``), a list's elements being texts."""
    properties: dict[str, object] = {}
    required: list[str] = []
    for name in sheet.data:
        if not ARGUMENT.fullmatch(name) or name in _OF_THE_HOUSE:
            sheet.wrong(name, f'"{name}" cannot be the name of an argument. Write another, in a to z, 0 to 9 and _.')
            continue
        one = sheet.table(name)
        properties[name] = _property(name, one)
        if one.flag("required") is not False:
            required.append(name)
    schema: dict[str, object] = {"type": "object", "properties": properties}
    return {**schema, "required": required} if required else schema


def _property(name: str, sheet: Sheet) -> dict[str, object]:
    sheet.known(KEYS)
    kind = sheet.choice("type", TYPES)
    told: dict[str, object] = {"type": kind, "description": sheet.text("description")}
    if len(str(told["description"])) < SHORTEST_DESCRIPTION:
        sheet.wrong("description", f'Say what {name} is: description = "The parcel\'s number, such as NP123456789."')
    if kind == "array":
        told["items"] = {"type": "string"}
    if "enum" in sheet.data:
        told["enum"] = _choices(sheet, kind)
    if "pattern" in sheet.data:
        told["pattern"] = _pattern(sheet, kind)
    return told


def _choices(sheet: Sheet, kind: str) -> list[str]:
    choices = list(sheet.texts("enum"))
    if kind != "string" or not choices:
        sheet.wrong("enum", 'enum lists the texts an argument can be. Write type = "string" and enum = ["a", "b"].')
    return choices


def _pattern(sheet: Sheet, kind: str) -> str:
    pattern = sheet.text("pattern")
    try:
        re.compile(pattern)
    except re.error as error:
        sheet.wrong("pattern", f"The pattern cannot be read: {error}. Write one such as '^[A-Z]{{2}}[0-9]{{9}}$'.")
        return ""
    if kind != "string":
        sheet.wrong("pattern", 'Only texts have a pattern. Write type = "string", or take the pattern out.')
    return pattern


def argument_names(parameters: dict[str, object]) -> tuple[str, ...]:
    return tuple(cast(dict[str, object], parameters["properties"]))
