"""The tools every line may use without a file in ``tools/``: what they do is the call's own, or the runner's."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from app.toolkit.spec import ToolSpec

SEND_CODE = "send_code"
CHECK_CODE = "check_code"
SEND_TEXT = "send_text"
BY_TEXT = frozenset({SEND_CODE, CHECK_CODE, SEND_TEXT})  # what needs somebody who sends texts


def _one_text(argument: str, description: str) -> dict[str, object]:
    return {
        "type": "object",
        "properties": {argument: {"type": "string", "description": description}},
        "required": [argument],
    }


def text_spec(links: Iterable[str]) -> ToolSpec:
    """``send_text`` for a line that may send these links, by name."""
    text = "What the caller is to read, in the caller's language, 320 characters at most, with no address or number."
    properties: dict[str, object] = {"text": {"type": "string", "description": text}}
    names = list(links)
    if names:
        properties["link"] = {"type": "string", "enum": names, "description": "The link to send with it, by its name."}
    return ToolSpec(
        SEND_TEXT,
        "Send a text message to the phone the caller is calling from, such as a confirmation or a link. Use it when "
        "the caller wants it in writing.",
        {"type": "object", "properties": properties, "required": ["text"]},
    )


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
    ToolSpec(
        "switch_language",
        "Go on in another language. Use it when the caller asks for a language or speaks it and is not understood.",
        _one_text("language", "The language as a tag, such as es-US for Spanish."),
    ),
    ToolSpec(
        "allow_recording",
        "Note whether the caller lets this call be recorded. Use it as soon as they answer the question for it, and "
        "whenever they say later that they do not want to be recorded. It is about recording only.",
        {
            "type": "object",
            "properties": {"allowed": {"type": "boolean", "description": "true if they agree, false if they do not."}},
            "required": ["allowed"],
        },
    ),
    ToolSpec(
        SEND_CODE,
        "Send a one-time code by text message to the phone on file. Use it when something needs the caller to be surer "
        "than by details; the caller must have been identified before. Then ask for the code.",
        {"type": "object", "properties": {}},
    ),
    ToolSpec(
        CHECK_CODE,
        "Check the one-time code that the caller reads out. Use it after send_code.",
        _one_text("code", "The six digits as the caller said or keyed them."),
    ),
    text_spec(()),
)

HOUSE: Mapping[str, ToolSpec] = MappingProxyType({spec.name: spec for spec in _SPECS})
