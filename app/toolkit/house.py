"""The tools every line may use without a file in ``tools/``: what they do is the call's own."""

from collections.abc import Mapping
from types import MappingProxyType

from app.toolkit.spec import ToolSpec


def _one_text(argument: str, description: str) -> dict[str, object]:
    return {
        "type": "object",
        "properties": {argument: {"type": "string", "description": description}},
        "required": [argument],
    }


_SPECS = (
    ToolSpec(
        "end_call",
        "Hang up the phone. Use it once the caller has said goodbye or wants nothing more, after you have said goodbye "
        "yourself. Do not say that you are hanging up.",
        _one_text("reason", "Why the call is over, in a few words, such as: the caller said goodbye."),
    ),
    ToolSpec(
        "hand_off",
        "Pass the call to a person. Use it when the caller asks for a person, is upset, or needs what you cannot do. "
        "Say first that you are passing the call on.",
        _one_text("reason", "What the caller needs from the person, in one sentence."),
    ),
    ToolSpec(
        "press_keys",
        "Press keys of the telephone, where another system asks for them.",
        _one_text("keys", "The keys in order: digits, * and #, such as 12#."),
    ),
)

HOUSE: Mapping[str, ToolSpec] = MappingProxyType({spec.name: spec for spec in _SPECS})
