"""The stand-in's reader of calls: fills any JSON schema in, with what a few rules find in its lines. Pure."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_LETTERS: Final = 90
_THANKS = re.compile(r"\b(thank|thanks|great|perfect|gracias|perfecto|merci|danke|super|obrigad)", re.IGNORECASE)
_ANGER = re.compile(
    r"\b(angry|ridiculous|terrible|unacceptable|complain|worst|useless|furious|horrible|queja|inaceptable|beschwer)",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[^\W\d_]{4,}")
_GOOD_ENDS: Final = ("completed", "caller_hung_up")


@dataclass(frozen=True, slots=True)
class Heard:
    """A call as it was read."""

    caller: Sequence[str]
    assistant: Sequence[str]
    tools: Sequence[tuple[str, str]]
    ended: str

    @property
    def wish(self) -> str:
        """What the caller came with: the longest of the first things they said."""
        return max(self.caller[:2], key=len, default="")

    @property
    def words(self) -> str:
        return " ".join((*self.caller, *self.assistant)).lower()


def read(asked: str) -> Heard:
    """The JSON lines of a call in a text; whatever else stands there is not read."""
    rows = [row for line in asked.splitlines() if (row := _row(line))]
    said = {who: [str(row["said"]) for row in rows if row.get("who") == who and "said" in row] for who in _SIDES}
    tools = [(str(row["tool"]), str(row.get("status", ""))) for row in rows if "tool" in row]
    ended = next((str(row["ended"]) for row in rows if "ended" in row), "")
    return Heard(said["caller"], said["assistant"], tools, ended)


_SIDES: Final = ("caller", "assistant")


def _row(line: str) -> Mapping[str, object]:
    try:
        row = json.loads(line) if line.startswith("{") else {}
    except ValueError:
        return {}
    return row if isinstance(row, dict) else {}


def filled(schema: Mapping[str, object], heard: Heard, name: str = "") -> object:
    """A value of ``schema``, as plausible as its property's name and the call allow."""
    kind, choices = schema.get("type"), schema.get("enum")
    if isinstance(choices, list):
        return _choice(name, [str(one) for one in choices], heard)
    if kind == "object":
        properties = schema.get("properties")
        inner = properties if isinstance(properties, dict) else {}
        return {key: filled(each, heard, _within(name, key)) for key, each in inner.items()}
    if kind == "array":
        items = schema.get("items")
        return _several(name, items if isinstance(items, dict) else {}, heard)
    if kind in ("integer", "number"):
        return 1
    return kind == "boolean" or _text(name, heard)


def _within(name: str, key: str) -> str:
    """A criterion's verdict is about the criterion: its name goes along."""
    return f"{name}/{key}" if name else key


def _choice(name: str, choices: Sequence[str], heard: Heard) -> str:
    wanted = {
        "resolution": _resolution(heard),
        "sentiment": _sentiment(heard),
        "verdict": _verdict(name, heard),
    }.get(name.rpartition("/")[2], "")
    return wanted if wanted in choices else choices[0]


def _resolution(heard: Heard) -> str:
    if not heard.tools and not heard.assistant[1:]:
        return "no"
    if heard.ended == "handed_off" or any(status not in ("ok", "confirm") for _, status in heard.tools):
        return "partly"
    return "solved" if heard.ended in _GOOD_ENDS else "no"


def _sentiment(heard: Heard) -> str:
    last = " ".join(heard.caller[-2:])
    if _ANGER.search(" ".join(heard.caller)):
        return "negative"
    return "positive" if _THANKS.search(last) else "neutral"


def _verdict(name: str, heard: Heard) -> str:
    criterion = name.rpartition("/")[0].rpartition("/")[2]
    if "identity" in criterion:
        verified = any("verify" in tool or "code" in tool for tool, _ in heard.tools)
        return "met" if verified else "not_applicable"
    if "answer" in criterion:
        return {"solved": "met", "partly": "partly"}.get(_resolution(heard), "missed")
    if "understood" in criterion:
        return "partly" if re.search(r"\b(repeat|say that again)\b", heard.words) else "met"
    return "met"


def _several(name: str, items: Mapping[str, object], heard: Heard) -> list[object]:
    choices = items.get("enum")
    if isinstance(choices, list):
        fitting = [one for one in choices if re.split(r"[-_]", str(one))[0] in heard.words]
        return list(fitting[:3])
    if "follow" in name:
        return ["Call the caller back."] if _resolution(heard) == "no" and heard.caller else []
    if "tag" in name:
        return list(dict.fromkeys(_WORDS.findall(heard.wish.lower())))[:2]
    return []


def _text(name: str, heard: Heard) -> str:
    wish = _short(heard.wish) or "nothing that was understood"
    if name.endswith("summary"):
        used = sorted({tool for tool, _ in heard.tools})
        did = f"The assistant used {', '.join(used)}." if used else "The assistant answered without a tool."
        return f'The caller said: "{wish}" {did} The call ended with {heard.ended or "no end on record"}.'
    if name.endswith("reason"):
        return " ".join(wish.split()[:8]).rstrip(".,?!")
    if name.endswith("why"):
        return f"As far as its {len(heard.assistant)} turns tell."
    return wish


def _short(text: str) -> str:
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1].rstrip()}…"
