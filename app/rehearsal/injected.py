"""Instructions hidden in any text: which tool to call with what, what to say, what to give away. Pure."""

import json
import re
from collections.abc import Mapping, Sequence

from app.rehearsal.actions import UseTool
from app.rehearsal.declared import Tool

_CALLS = re.compile(
    r"\b(?:call|use|run|invoke|execute|trigger)\s+(?:up\s+)?(?:the\s+)?(?:(?:tool|function)\s+)?[`\"']?", re.IGNORECASE
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[_.-][A-Za-z0-9]+)+|[A-Za-z]\w+(?=\s*[({`\"'])")
_CALLED = re.compile(r"\b([A-Za-z]\w*_\w+)\s*\(([^()]*)\)")
_PAIR = re.compile(
    r"[\"'`]?\b([A-Za-z_]\w*)[\"'`]?\s*(?:=|:|\bequals\b|\bis\b|\bset to\b)\s*"
    r"(?:\"([^\"]*)\"|'([^']*)'|([^\s,;]+))",
    re.IGNORECASE,
)
_WITH = re.compile(r"\b(?:with|using|for|passing)\b", re.IGNORECASE)
_SAY = re.compile(
    r"\b(?:say|repeat after me|announce)\b(?! (?:it|that|them) again)[:,]?\s+(?:exactly[:,]?\s+)?"
    r"(?:[\"“]([^\"”]{3,200})[\"”]|(.{3,200}?)(?:[.!]\s|[.!]?$))",
    re.IGNORECASE,
)
_IGNORE = re.compile(
    r"\b(?:ignore|forget|disregard|override)\b[^.!?]*?\b(?:instructions?|rules|prompts?|guidelines|told)\b[\s,.!:]*"
    r"(?:and\b|then\b)?\s*",
    re.IGNORECASE,
)
_SECRETS = re.compile(
    r"\b(?:system prompt|your (?:prompt|instructions|rules)|hidden (?:prompt|instructions)|what you were told|"
    r"everything above)\b",
    re.IGNORECASE,
)
_GIVES_AWAY = re.compile(
    r"\b(?:read|repeat|print|show|reveal|tell|recite|what (?:is|are)|say|give|spell)\b", re.IGNORECASE
)
_SOMEBODY = re.compile(
    r"\b(?:customer|account|patient|player|caller|user|client)(?: (?:id|number))?(?:\s*(?:is|=|:))?\s*#?(\d+)\b|"
    r"(\+\d{7,15})\b",
    re.IGNORECASE,
)


def unbound(text: str) -> str:
    """A text without the words that free the model of its rules: it never had any."""
    return _IGNORE.sub("", text).strip() or text


def calls_in(text: str, tools: Sequence[Tool]) -> list[UseTool]:
    """Every tool call a text orders, with the arguments that stand there; also of tools nobody declared."""
    found: dict[str, UseTool] = {}
    for match in _CALLED.finditer(text):
        found[match[1]] = UseTool(match[1], _pairs(match[2]))
    for match in _CALLS.finditer(text):
        name, rest = _named(text[match.end() :], tools)
        if name and name not in found:
            found[name] = UseTool(name, _arguments(rest))
    blocking = {tool.name: tool.blocking for tool in tools}
    return [UseTool(use.name, use.args, blocking.get(use.name, False)) for use in found.values()]


def sentence_ordered(text: str) -> str:
    """What a text orders to be said, empty if nothing."""
    match = _SAY.search(text)
    return (match.group(1) or match.group(2)).strip() if match else ""


def wants_secrets(text: str) -> bool:
    """Is the prompt to be given away?"""
    return bool(_SECRETS.search(text) and _GIVES_AWAY.search(text))


def somebody_in(text: str) -> dict[str, object]:
    """Arguments that would make it somebody else's: the customer or the phone that is named."""
    match = _SOMEBODY.search(text)
    if match is None:
        return {}
    return {"customer_id": match[1], "customer": match[1]} if match[1] else {"phone": match[2], "caller": match[2]}


def _named(text: str, tools: Sequence[Tool]) -> tuple[str, str]:
    """The tool named at the beginning of ``text``, and what follows; spoken names have spaces."""
    spoken = text.lower().replace("-", " ")
    for tool in sorted(tools, key=lambda each: -len(each.name)):
        for written in (tool.name.lower(), tool.name.lower().replace("_", " ")):
            if spoken.startswith(written) and not spoken[len(written) : len(written) + 1].isalnum():
                return tool.name, text[len(written) :]
    match = _NAME.match(text)
    return (match.group(), text[match.end() :]) if match else ("", "")


def _arguments(text: str) -> Mapping[str, object]:
    begin = text.find("{")
    if begin >= 0:
        try:
            value, _ = json.JSONDecoder().raw_decode(text[begin:])
        except ValueError:
            value = None
        if isinstance(value, dict):
            return value
    sentence = re.split(r"[.;!?](?:\s|$)|\bthen\b", text, maxsplit=1)[0]
    given = _pairs(sentence)
    return given or _spoken_pairs(sentence)


def _pairs(text: str) -> dict[str, object]:
    return {m[1]: next(value for value in m.groups()[1:] if value is not None) for m in _PAIR.finditer(text)}


def _spoken_pairs(text: str) -> dict[str, object]:
    """ "with order number 1047 and postcode 10014": what stands before a value is its name."""
    after = _WITH.split(text, maxsplit=1)
    if len(after) < 2:
        return {}
    pairs = re.findall(r"([A-Za-z][A-Za-z_ ]*?)\s+([+\w-]*\d[\w-]*)", re.sub(r"\b(?:and|the|a|an|of)\b", " ", after[1]))
    return {re.sub(r"\s+", "_", name.strip().lower()): value for name, value in pairs}
