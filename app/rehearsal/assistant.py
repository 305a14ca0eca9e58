"""A small scripted assistant: what the model of a rehearsal says and which tools it uses. Pure.

It reads the prompt as far as it must (the language, sentences to say exactly), knows the tools only by the words
of their declarations, and answers from what the tools return.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from app.rehearsal.intents import intent_of, order_number_in, ticket_number_in
from app.rehearsal.sayings import saying
from app.rehearsal.wording import language_of

_EXACTLY = re.compile(r"exactly:\s*[\"“«](.+)[\"”»]\s*\.?\s*$", re.DOTALL | re.IGNORECASE)
_RESPOND_IN = re.compile(r"(?:RESPOND|SPEAK|ANSWER|TALK)\s+(?:UNMISTAKABLY\s+)?(?:ONLY\s+)?IN\s+(\w+)", re.IGNORECASE)
_SPANISH = re.compile(r"spanish|español|espanol|castellano", re.IGNORECASE)
_ASKS_HOW = re.compile(r"\W*(?:how|what|can|do|does|is|could|c[oó]mo|qu[eé]|puedo)\b", re.IGNORECASE)
_TROUBLES = ("damaged", "billing", "reschedule", "book", "date")
_PLUMBING = frozenset({"status", "retryable", "message", "id", "language"})

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
    "end": r"end|hang|finish",
    "handoff": r"hand|transfer|escalat|representative|human|agent",
    "keys": r"key|dtmf|digit",
}


@dataclass(frozen=True, slots=True)
class Tool:
    """A declared function: ``params`` are its arguments in order, ``required`` those it must have."""

    name: str
    description: str = ""
    params: tuple[str, ...] = ()
    required: frozenset[str] = frozenset()
    blocking: bool = False


@dataclass(frozen=True, slots=True)
class Speak:
    """Say this."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class UseTool:
    """Call this tool."""

    name: str
    args: Mapping[str, object] = field(default_factory=dict)
    blocking: bool = False


Action = Speak | UseTool
Answer = Callable[[], list[Action]]


class Assistant:
    """One conversation. Every method returns what to do, in order; nothing waits here."""

    def __init__(self, instruction: str, tools: Sequence[Tool]) -> None:
        self.tools = tuple(tools)
        self.language = "en"
        self.notes: list[str] = []
        self._waiting_for = ""  # "order", "ticket" or "trouble": what was asked of the caller
        self._subject = ""
        self._offered_more = False
        self._unclear = 0
        self._last_said = ""
        self._retry: UseTool | None = None
        self._unknown_caller = False  # their phone number leads to no orders
        self.instructed(instruction)

    def instructed(self, instruction: str) -> None:
        """Take a system instruction in: of it only the language is read."""
        asked = _RESPOND_IN.search(instruction)
        if asked:
            self.language = "es" if _SPANISH.search(asked.group(1)) else "en"

    def noted(self, text: str) -> None:
        """Take a note in, without an answer."""
        self.notes.append(text)

    def told(self, text: str) -> list[Action]:
        """Answer a text: an instruction of the house, or the caller's words in writing."""
        exact = _EXACTLY.search(text)
        if exact:
            sentence = exact.group(1).strip()
            self.language = language_of(sentence)
            return self._say(sentence)
        if re.search(r"\b(?:greet|introduce yourself)\b", text, re.IGNORECASE):
            return self._saying("greeting")
        if not re.search(r"\w", text):
            return []  # a nudge
        return self.heard(text, language_of(text))

    def heard(self, text: str, language: str = "") -> list[Action]:
        """Answer what the caller said."""
        if language in ("en", "es") and len(text.split()) > 1:
            self.language = language
        intent = intent_of(text)
        if not text.strip() or intent == "unclear":
            return self._if_asked(text) or self._did_not_catch()
        self._unclear = 0
        offered, self._offered_more = self._offered_more, False
        return self._if_asked(text, intent) or self._on(intent, text, offered)

    def answered(self, name: str, response: Mapping[str, object]) -> list[Action]:
        """Say what a tool returned."""
        tool = next((tool for tool in self.tools if tool.name == name), None)
        status = str(response.get("status", "ok")).lower()
        if tool is not None and status == "ok" and self._ends_the_talk(tool):
            return []
        message = self._message_of(response, status)
        if status == "ok":
            self._retry = None
            self._offered_more = True
            return self._passed_on(message, "" if "?" in message else saying("anything_else", self.language))
        if status == "not_found" and tool is not None and _is_for(tool, "order"):
            self._waiting_for = "order"
            self._unknown_caller = self._unknown_caller or not tool.params
        self._offered_more = bool(response.get("retryable")) and self._retry is not None
        if not self._offered_more:
            self._retry = None
        return self._passed_on(message)

    def cut(self, said: str) -> None:
        """Only ``said`` of the last turn was sent before the caller spoke."""
        self._last_said = said or self._last_said

    # ---- what the caller wants

    def _on(self, intent: str, text: str, offered: bool) -> list[Action]:
        talk: Mapping[str, Answer] = {
            "robot": lambda: self._saying("robot"),
            "hello": lambda: self._saying("here"),
            "begins": lambda: self._saying("go_on"),
            "agent": lambda: self._hand_off("handing_off", text),
            "angry": lambda: self._hand_off("calming", text),
            "goodbye": self._end,
            "no": lambda: self._on_no(offered),
            "yes": self._on_yes,
            "repeat": lambda: self._say(self._last_said) or self._saying("nothing_said"),
            "thanks": self._on_thanks,
        }
        return talk[intent]() if intent in talk else self._on_request(intent, text)

    def _on_request(self, intent: str, text: str) -> list[Action]:
        if _ASKS_HOW.match(text) and intent in ("refund", "cancel_order", "billing", "damaged") and self._tool("help"):
            return self._search(text)
        requests: dict[str, Answer] = {
            "order_status": lambda: self._order(order_number_in(text)),
            "digits": lambda: self._order(order_number_in(text)),
            "phone_orders": self._orders_of_caller,
            "ticket_state": lambda: self._ticket_state(ticket_number_in(text)),
            "ticket": lambda: self._ticket_or_ask(text),
            "cancel_order": lambda: self._special(intent, text),
            "refund": lambda: self._special(intent, text),
            "keys": lambda: self._press(text),
        }
        if intent in _TROUBLES:
            return self._open_ticket(intent, text)
        return requests[intent]() if intent in requests else self._search(text)

    def _on_no(self, offered: bool) -> list[Action]:
        self._retry = None
        return self._end() if offered else self._saying("go_on")

    def _on_thanks(self) -> list[Action]:
        self._offered_more = True
        return self._saying("welcome")

    def _on_yes(self) -> list[Action]:
        if self._retry is not None:
            return self._looking(self._retry)
        return self._saying("go_on")

    def _if_asked(self, text: str, intent: str = "") -> list[Action]:
        """The answer to a question of ours, if this is one."""
        waiting, self._waiting_for = self._waiting_for, ""
        if waiting == "order" and order_number_in(text) and intent in ("", "digits", "order_status", "yes", "date"):
            return self._order(order_number_in(text))
        if waiting == "order" and intent in ("no", "phone_orders"):
            return self._orders_of_caller()
        if waiting == "ticket" and ticket_number_in(text):
            return self._ticket_state(ticket_number_in(text))
        if waiting == "trouble" and len(text.split()) > 2 and intent not in ("agent", "angry", "goodbye", "repeat"):
            return self._open_ticket(self._subject, text)
        return []

    def _did_not_catch(self) -> list[Action]:
        self._unclear += 1
        return self._saying("unclear" if self._unclear == 1 else "unclear_again", remember=False)

    def _order(self, number: str) -> list[Action]:
        tool = self._tool("order", needs_params=True)
        if tool is None:
            return self._orders_of_caller()
        if not number:
            self._waiting_for = "order"
            return self._saying("ask_number")
        use = self._use(tool, {_param(tool, "order|number|id"): number})
        return self._looking(use, "looking_number", number=number)

    def _orders_of_caller(self) -> list[Action]:
        if self._unknown_caller:
            return self._saying("no_number")
        tool = self._tool("orders", needs_params=False)
        if tool is None:
            return self._saying("no_tool")
        return self._looking(self._use(tool, {}))

    def _ticket_state(self, number: str) -> list[Action]:
        tool = self._tool("ticket_state", needs_params=True)
        if tool is None:
            return self._saying("no_tool")
        if not number:
            self._waiting_for = "ticket"
            return self._saying("ask_ticket")
        return self._looking(self._use(tool, {_param(tool, "ticket|number|id"): number}))

    def _ticket_or_ask(self, text: str) -> list[Action]:
        """Asking for a ticket is not yet saying what is wrong."""
        if re.search(r"\b(?:because|that|about|my|with|the)\b", text, re.IGNORECASE) and len(text.split()) > 7:
            return self._open_ticket("support", text)
        self._waiting_for, self._subject = "trouble", "support"
        return self._saying("ask_trouble")

    def _special(self, intent: str, text: str) -> list[Action]:
        tool = self._tool("refund" if intent == "refund" else "cancel")
        if tool is None:
            return self._open_ticket(intent, text)
        number = order_number_in(text)
        if tool.params and not number:
            self._waiting_for = "order"
            return self._saying("ask_number")
        return self._looking(self._use(tool, _filled(tool, {"order|number|id": number, "reason|detail": text})))

    def _open_ticket(self, subject: str, text: str) -> list[Action]:
        tool = self._tool("open_ticket")
        if tool is None:
            return self._search(text)
        wanted = {
            "subject|title|topic|category": subject.replace("_", " "),
            "detail|description|text|problem|message": text,
        }
        return self._looking(self._use(tool, _filled(tool, wanted)), "opening_ticket")

    def _search(self, text: str) -> list[Action]:
        tool = self._tool("help")
        if tool is None:
            return self._saying("no_tool")
        return self._looking(self._use(tool, {_param(tool, "question|query|text|topic"): text}))

    def _press(self, text: str) -> list[Action]:
        tool = self._tool("keys")
        keys = "".join(
            {"star": "*", "pound": "#", "hash": "#"}.get(w, w) for w in re.findall(r"\d+|star|pound|hash", text.lower())
        )
        return [self._use(tool, {_param(tool, "key|digit"): keys})] if tool else self._saying("no_tool")

    def _hand_off(self, words: str, text: str) -> list[Action]:
        tool = self._tool("handoff")
        if tool is None:
            return self._saying("no_handoff")
        return [*self._saying(words), self._use(tool, _filled(tool, {"reason|why|summary": text}))]

    def _end(self) -> list[Action]:
        tool = self._tool("end")
        bye = self._saying("goodbye")
        return [*bye, self._use(tool, _filled(tool, {"reason|why": "the caller said goodbye"}))] if tool else bye

    # ---- saying it

    def _say(self, text: str, remember: bool = True) -> list[Action]:
        if remember:
            self._last_said = text
        return [Speak(text, self.language)] if text else []

    def _passed_on(self, message: str, after: str = "") -> list[Action]:
        """A tool's sentence in the voice of its own language, and then one of ours."""
        language = language_of(message)
        if language == self.language:
            return self._say(f"{message} {after}".strip())
        self._last_said = message
        ours: list[Action] = [Speak(after, self.language)] if after else []
        return [Speak(message, language), *ours]

    def _saying(self, name: str, remember: bool = True, **words: str) -> list[Action]:
        return self._say(saying(name, self.language, **words), remember)

    def _message_of(self, response: Mapping[str, object], status: str) -> str:
        for name in ("message", "result", "output", "answer", "error"):
            if isinstance(response.get(name), str) and response[name]:
                return str(response[name])
        if status == "not_found":
            return saying("not_found", self.language)
        if status != "ok":
            return saying("failed_retry" if response.get("retryable") else "failed", self.language)
        pairs = [
            f"{k.replace('_', ' ')} {v}"
            for k, v in response.items()
            if k not in _PLUMBING and not isinstance(v, dict | list)
        ]
        return saying("found", self.language, fields=", ".join(pairs)) if pairs else ""

    def _looking(self, use: UseTool, name: str = "looking", **words: str) -> list[Action]:
        """Use a tool; where the model need not wait for it, say so first."""
        return [use] if use.blocking else [*self._saying(name, remember=False, **words), use]

    # ---- the tools

    def _use(self, tool: Tool, args: Mapping[str, object]) -> UseTool:
        use = UseTool(tool.name, {name: value for name, value in args.items() if name}, tool.blocking)
        self._retry = use
        return use

    def _tool(self, purpose: str, needs_params: bool | None = None) -> Tool | None:
        fitting = [tool for tool in self.tools if _is_for(tool, purpose)]
        if needs_params is not None:
            fitting = [tool for tool in fitting if bool(tool.required or tool.params) == needs_params]
        return max(fitting, key=lambda tool: _fit(tool, purpose), default=None)

    def _ends_the_talk(self, tool: Tool) -> bool:
        return tool in (self._tool("end"), self._tool("handoff"), self._tool("keys"))


def _is_for(tool: Tool, purpose: str) -> bool:
    name = tool.name.lower()
    if purpose == "order" and re.search(r"ticket|cancel|refund|return", name):
        return False
    if purpose == "help" and re.search(r"order|ticket|hand", name):
        return False
    if purpose == "keys" and "order" in name:
        return False
    if purpose == "end":
        return bool(re.search(r"\b(?:end|hang|finish)", name.replace("_", " ")))
    return bool(re.search(_MUST[purpose], name.replace("_", " ").replace("-", " ")))


def _fit(tool: Tool, purpose: str) -> int:
    words = _PURPOSES[purpose].split()
    name = re.findall(r"[a-z]+", tool.name.lower())
    about = set(re.findall(r"[a-z]+", tool.description.lower()))
    return 2 * sum(word in name for word in words) + sum(word in about for word in words)


def _param(tool: Tool, pattern: str) -> str:
    """The parameter an argument belongs to: by its name, else the first."""
    fitting = (param for param in tool.params if re.search(pattern, param.lower()))
    return next(fitting, tool.params[0] if tool.params else "")


def _filled(tool: Tool, wanted: Mapping[str, str]) -> dict[str, object]:
    """Arguments for the parameters that fit, and the last of ``wanted`` for required ones that fit nothing."""
    args: dict[str, object] = {}
    for pattern, value in wanted.items():
        fitting = next((param for param in tool.params if re.search(pattern, param.lower()) and param not in args), "")
        if fitting and value:
            args[fitting] = value
    return args | {param: list(wanted.values())[-1] for param in tool.required if param not in args}
