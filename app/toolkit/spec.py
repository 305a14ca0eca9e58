"""What the model is told of a tool, and what the house must know to run it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as declared to the model.

    ``parameters`` is the JSON Schema of its arguments (``{"type": "object", ...}``).
    ``blocking``: the model waits for the answer before it speaks on.
    """

    name: str
    description: str
    parameters: Mapping[str, object]
    blocking: bool = False
