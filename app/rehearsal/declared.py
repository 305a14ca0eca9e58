"""The functions a setup declares, as the rehearsed model sees them, and which of them serves a known purpose. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

# What a tool is for: words of its name count twice, words of its description once.
_PURPOSES: Mapping[str, str] = {
    "order": "order status look lookup track find delivery shipment",
    "orders": "orders caller phone recent own their",
    "open_ticket": "open create ticket case support problem issue complaint subject",
    "ticket_state": "ticket state status case progress",
    "help": "search help question answer faq knowledge policy article",
    "refund": "refund return money back",
    "cancel": "cancel order",
    "end": "end hang finish call goodbye",
    "handoff": "hand handoff transfer person representative human agent colleague",
    "keys": "press keys digits dtmf tones",
}
_MUST: Mapping[str, str] = {  # a word of the name without which the tool is something else
    "order": r"order",
    "orders": r"orders|caller",
    "open_ticket": r"(?:open|create|new|raise|file|log).*(?:ticket|case)|(?:ticket|case).*(?:open|create|new)",
    "ticket_state": r"(?:ticket|case).*(?:state|status)|(?:state|status|find|look|check).*(?:ticket|case)",
    "help": r"search|help|faq|knowledge|answer|question|polic",
    "refund": r"refund|return",
    "cancel": r"cancel",
    "end": r"\b(?:end|hang|finish)",
    "handoff": r"hand|transfer|escalat|representative|human|agent",
    "keys": r"key|dtmf|digit",
}
_NOT: Mapping[str, str] = {  # and a word with which it is something else
    "order": r"ticket|cancel|refund|return|verif|identif",
    "help": r"order|ticket|hand",
    "keys": r"order",
}
_KNOWN = ("order", "orders", "open_ticket", "ticket_state", "help", "end", "handoff", "keys")
HOUSE = frozenset({"send_code", "check_code", "send_text", "switch_language", "allow_recording"})


@dataclass(frozen=True, slots=True)
class Param:
    """One argument, as its schema describes it. ``kind`` is the schema's type in small letters."""

    name: str
    description: str = ""
    kind: str = "string"
    choices: tuple[str, ...] = ()
    pattern: str = ""
    form: str = ""  # the schema's format


@dataclass(frozen=True, slots=True)
class Tool:
    """A declared function: ``params`` are its arguments in order, ``required`` those it must have."""

    name: str
    description: str = ""
    params: tuple[str, ...] = ()
    required: frozenset[str] = frozenset()
    blocking: bool = False
    schema: Mapping[str, Param] = field(default_factory=dict)

    def param(self, name: str) -> Param:
        """What is known of one argument."""
        return self.schema.get(name, Param(name))


def param_from(name: str, schema: object) -> Param:
    """An argument from its JSON schema, or the API's own dialect of it."""
    if not isinstance(schema, Mapping):
        return Param(name)
    variants = schema.get("any_of") or schema.get("anyOf")
    if isinstance(variants, list):  # "or null"
        inner = next((each for each in variants if isinstance(each, Mapping) and each.get("type") != "null"), {})
        schema = {**inner, **{key: value for key, value in schema.items() if key not in ("any_of", "anyOf")}}
    kind = schema.get("type", "string")
    choices = schema.get("enum")
    return Param(
        name=name,
        description=str(schema.get("description", "")),
        kind=str(kind[0] if isinstance(kind, list) and kind else kind).lower(),
        choices=tuple(str(each) for each in choices if each is not None) if isinstance(choices, list) else (),
        pattern=str(schema.get("pattern", "")),
        form=str(schema.get("format", "")),
    )


def tool_for(tools: Sequence[Tool], purpose: str, needs_params: bool | None = None) -> Tool | None:
    """The declared tool that serves a purpose best."""
    fitting = [tool for tool in tools if _is_for(tool, purpose)]
    if needs_params is not None:
        fitting = [tool for tool in fitting if bool(tool.required or tool.params) == needs_params]
    return max(fitting, key=lambda tool: _fit(tool, purpose), default=None)


def is_for_orders(tool: Tool) -> bool:
    """Does it look one order up?"""
    return _is_for(tool, "order")


def known(tools: Sequence[Tool]) -> list[Tool]:
    """The tools that the assistant's own rules use; the others it uses by the words of their declarations."""
    chosen = [tool_for(tools, purpose) for purpose in _KNOWN if purpose != "order"]
    chosen += [tool_for(tools, "order", needs_params=True), tool_for(tools, "orders", needs_params=False)]
    chosen += [tool for tool in tools if tool.name in HOUSE]
    return [tool for tool in chosen if tool is not None]


def ends_the_talk(tools: Sequence[Tool], tool: Tool) -> bool:
    """After this tool's answer nothing is said."""
    return tool in (tool_for(tools, "end"), tool_for(tools, "handoff"), tool_for(tools, "keys"))


def _is_for(tool: Tool, purpose: str) -> bool:
    name = tool.name.lower().replace("_", " ").replace("-", " ")
    if tool.name in HOUSE or (purpose in _NOT and re.search(_NOT[purpose], name)):
        return False
    if purpose == "order" and not _takes_an_order(tool):
        return False
    if purpose == "orders" and not re.search(r"order", f"{name} {tool.description}", re.IGNORECASE):
        return False
    if purpose == "help" and not _takes_a_question(tool):
        return False
    return bool(re.search(_MUST[purpose], name))


def _takes_an_order(tool: Tool) -> bool:
    return not tool.params or any(re.search(r"order|number|id\b", param.lower()) for param in tool.params)


def _takes_a_question(tool: Tool) -> bool:
    return any(re.search(r"question|query|text|topic|words", param.lower()) for param in tool.params)


def _fit(tool: Tool, purpose: str) -> int:
    words = _PURPOSES[purpose].split()
    name = re.findall(r"[a-z]+", tool.name.lower())
    about = set(re.findall(r"[a-z]+", tool.description.lower()))
    return 2 * sum(word in name for word in words) + sum(word in about for word in words)


def param_like(tool: Tool, pattern: str) -> str:
    """The parameter an argument belongs to: by its name, else the first."""
    fitting = (param for param in tool.params if re.search(pattern, param.lower()))
    return next(fitting, tool.params[0] if tool.params else "")


def filled_by_name(tool: Tool, wanted: Mapping[str, str]) -> dict[str, object]:
    """Arguments for the parameters that fit, and the last of ``wanted`` for required ones that fit nothing."""
    args: dict[str, object] = {}
    for pattern, value in wanted.items():
        fitting = next((param for param in tool.params if re.search(pattern, param.lower()) and param not in args), "")
        if fitting and value:
            args[fitting] = value
    return args | {param: list(wanted.values())[-1] for param in tool.required if param not in args}
