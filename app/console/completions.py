"""What the editor offers while a line is written: variables, tools, settings and what may stand in them."""

from collections.abc import Iterable, Mapping

from app.gemini.models import VAD_PRESETS, VOICES
from app.lines.content import Content
from app.prompts.keys import KEYS
from app.prompts.line import BUSY, CLOSED, COST_LIMIT_WAYS, DISCLOSURES, RECORDINGS, UNREACHABLE, Line
from app.prompts.render import FACT, VARIABLES
from app.prompts.tongues import POLICIES
from app.toolkit.house import HOUSE

Offer = Mapping[str, str]

_VALUES: Mapping[str, Iterable[str]] = {
    "voice": VOICES,
    "vad": VAD_PRESETS,
    "language_policy": POLICIES,
    "closed": CLOSED,
    "busy": BUSY,
    "unreachable": UNREACHABLE,
    "recording": RECORDINGS,
    "disclosure": DISCLOSURES,
    "cost_limit_way": COST_LIMIT_WAYS,
}


def completions(content: Content, line: Line | None) -> Mapping[str, object]:
    """``variables`` with what they become, ``tools`` with what they do, ``settings``, and ``values`` by setting."""
    facts = line.facts if line is not None else {}
    variables = {**VARIABLES, **{FACT + name: f"looked up; else {text!r}" for name, text in facts.items()}}
    named = dict.fromkeys(line.tools, "") if line is not None else {}
    house = {name: spec.description for name, spec in HOUSE.items()}
    tools = {**dict.fromkeys(content.tools, ""), **named, **house}
    return {
        "variables": [_offer(f"{{{name}}}", what) for name, what in variables.items()],
        "tools": [_offer(name, what.partition(". ")[0]) for name, what in sorted(tools.items())],
        "settings": list(KEYS),
        "values": {name: list(values) for name, values in _VALUES.items()},
    }


def _offer(label: str, detail: str) -> Offer:
    return {"label": label, "detail": detail[:120]}
