"""Errands: using a tool the assistant knows only by its declaration, until the caller has what they asked for. Pure.

What a tool needs is taken from what the caller said in the whole call, and asked for where it was not said. Answers
lead on: a read-back waits for a yes, a refusal leads to the tool that identifies the caller and back.
"""

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.rehearsal.actions import Action, Speak, UseTool
from app.rehearsal.declared import Tool, filled_by_name, tool_for
from app.rehearsal.intents import affirms, denies
from app.rehearsal.matching import wanted_tool
from app.rehearsal.sayings import saying
from app.rehearsal.slots import answer_to, filled, kind_of, missing
from app.rehearsal.wording import language_of

_REMEMBERED = 40  # sentences of the caller
_TRIES = 3  # to get one argument
_STEPS = 6  # tools in a row without a word of the caller
_LEAVES = frozenset({"agent", "angry", "goodbye", "robot"})  # what the caller may want in place of answering
_SENDS_CODE = re.compile(r"send\w*code")
_WHO = re.compile(r"identif|verif|who they are|authentic", re.IGNORECASE)
_FOR_THE_MODEL = re.compile(r"`|\w_\w|\bthe caller\b|^Ask what\b", re.IGNORECASE)
_FORGOTTEN = frozenset({"status", "retryable", "message", "instruction"})


@dataclass(slots=True)
class Errand:
    """A tool that is to be used. ``asked``: the argument the caller was asked for last."""

    tool: Tool
    args: dict[str, object]
    asked: str = ""
    tries: int = 0


class Errands:
    """The errands of one conversation. ``None`` from a method: it is not about an errand."""

    def __init__(self, today: date | None) -> None:
        self.tools: tuple[Tool, ...] = ()
        self._today = today
        self._said: deque[str] = deque(maxlen=_REMEMBERED)
        self._known: dict[str, object] = {}  # arguments that were given before, by name
        self._errand: Errand | None = None
        self._confirming: UseTool | None = None
        self._read_back = ""
        self._wanted: list[UseTool] = []  # to be used once the caller is identified
        self._used: dict[str, UseTool] = {}
        self._steps = 0
        self._misses = 0

    @property
    def open(self) -> bool:
        """Is the caller asked something?"""
        return self._errand is not None or self._confirming is not None

    def spoken(self, text: str) -> None:
        """Remember a sentence of the caller."""
        self._steps = 0
        self._said.append(text)

    def used(self, use: UseTool) -> None:
        """Remember a tool that was called by other rules than these."""
        self._used[use.name] = use

    def last_use(self, name: str) -> UseTool | None:
        """The last call of a tool."""
        return self._used.get(name)

    def drop(self) -> None:
        """The caller wants something else."""
        self._errand = self._confirming = None
        self._wanted.clear()

    def begin(self, tool: Tool, language: str) -> list[Action]:
        """Use a tool: ask for what it needs first."""
        args = filled(tool, self._said, self._known, self._today)
        self._errand = Errand(tool, args)
        return self._go_on(language)

    # ---- the caller speaks

    def heard(self, text: str, intent: str, language: str) -> list[Action] | None:
        """What the caller says to a question of ours."""
        if not self.open:
            return None
        if intent in _LEAVES:
            self.drop()
            return None
        if intent == "repeat":
            return None
        if self._confirming is not None:
            return self._confirmed(self._confirming, text, language)
        assert self._errand is not None
        return self._answered(self._errand, text, language)

    def _confirmed(self, use: UseTool, text: str, language: str) -> list[Action]:
        if affirms(text):
            self._confirming = None
            return [self._use(use)]
        tool = self.tool(use.name)
        changed = filled(tool, [text], {}, self._today) if tool else {}
        changed = {k: v for k, v in changed.items() if tool and kind_of(tool.param(k)) not in ("text", "words", "flag")}
        if changed and dict(use.args) | changed != dict(use.args):
            self._confirming = None
            return [self._use(UseTool(use.name, dict(use.args) | changed, use.blocking))]
        self._misses += 1
        if denies(text) or self._misses > 1:
            self.drop()
            return [Speak(saying("dropped", language), language)]
        return _say(self._read_back, language)

    def _answered(self, errand: Errand, text: str, language: str) -> list[Action]:
        param = errand.tool.param(errand.asked)
        value = answer_to(param, text, self._today)
        others = filled(errand.tool, [text], {}, self._today)
        if value is None:
            errand.args |= {name: each for name, each in others.items() if name not in errand.args}
            return self._without(errand, text, language)
        if kind_of(param) in ("words", "text") and denies(text) and len(text.split()) < 4:
            return self._without(errand, text, language)
        errand.args |= {name: each for name, each in others.items() if name not in errand.args} | {errand.asked: value}
        return self._go_on(language)

    def _without(self, errand: Errand, text: str, language: str) -> list[Action]:
        """The answer was none."""
        other = wanted_tool(text, self.tools)
        if other is not None and other != errand.tool and len(text.split()) > 3:
            self._wanted.clear()
            return self.begin(other, language)
        errand.tries += 1
        if denies(text) or errand.tries >= _TRIES:
            self.drop()
            return [Speak(saying("dropped", language), language)]
        return self._ask(errand, language)

    # ---- a tool answers

    def returned(self, name: str, response: Mapping[str, object], message: str, language: str) -> list[Action] | None:
        """What a tool's answer leads to, if to more than being said."""
        use, status = self._used.get(name), str(response.get("status", "ok")).lower()
        self._steps += 1
        if use is None or self._steps > _STEPS:
            self.drop()
            return None
        if status == "confirm":
            self._confirming, self._read_back, self._misses = use, speakable(message), 0
            return _say(self._read_back, language)
        if status == "refused":
            return self._refused(use, message, language)
        if status == "ok":
            self._known |= {k: v for k, v in response.items() if k not in _FORGOTTEN and isinstance(v, str | int)}
            return self._succeeded(use, message, language)
        return self._failed(use, message, language, status)

    def _succeeded(self, use: UseTool, message: str, language: str) -> list[Action] | None:
        sent = _SENDS_CODE.search(use.name) is not None
        following = self._named_in(message, use.name) or (self._code_check() if sent else None)
        if following is not None:
            led = self._follow(following, language, {})
            return [
                *_say(speakable(message), language),
                *(led[1:] if sent and self.open and speakable(message) else led),
            ]
        if self._wanted and self._wanted[-1].name != use.name:
            return [*_say(speakable(message), language), self._use(self._wanted.pop())]
        return None

    def _refused(self, use: UseTool, message: str, language: str) -> list[Action] | None:
        step = self._named_in(message, use.name) or (self._identifying(use.name) if _WHO.search(message) else None)
        if step is None or len(self._wanted) > 1:
            self.drop()
            return _say(speakable(message), language) or [Speak(saying("dropped", language), language)]
        if step == tool_for(self.tools, "handoff"):
            self.drop()
            handed = UseTool(step.name, filled_by_name(step, {"reason|why|summary": self._last()}), step.blocking)
            return [Speak(saying("handing_off", language), language), handed]
        if all(wanted.name != use.name for wanted in self._wanted):
            self._wanted.append(use)
        return self._follow(step, language, {name: use.args[name] for name in step.params if name in use.args})

    def _failed(self, use: UseTool, message: str, language: str, status: str) -> list[Action] | None:
        """Who could not be identified is asked once more; everything else is said as it is."""
        tool = self.tool(use.name)
        leads = self._wanted and self._wanted[-1].name != use.name
        if leads and status in ("error", "timeout"):
            return None  # it may be tried again, and then leads on
        if tool is None or not tool.required or not (leads or status == "not_identified"):
            self._wanted.clear()
            return None
        for name in tool.params:
            self._known.pop(name, None)
        self._errand = Errand(tool, {}, asked=missing(tool, {}))
        if "?" in message:
            return _say(speakable(message), language)
        return [*_say(speakable(message), language), *self._ask(self._errand, language)]

    # ---- the steps

    def _follow(self, tool: Tool, language: str, args: Mapping[str, object]) -> list[Action]:
        # A code is never what was said before it was sent.
        said = [] if re.search(r"code", tool.name) else self._said
        found = filled(tool, said, self._known | dict(args), self._today) if said else {}
        self._errand = Errand(tool, dict(args) | found)
        return self._go_on(language)

    def _go_on(self, language: str) -> list[Action]:
        assert self._errand is not None
        errand, self._errand.asked = self._errand, missing(self._errand.tool, self._errand.args)
        if errand.asked:
            errand.tries = 0
            return self._ask(errand, language)
        self._errand = None
        use = UseTool(errand.tool.name, errand.args, errand.tool.blocking)
        begun: list[Action] = [] if use.blocking else [Speak(saying("looking", language), language)]
        return [*begun, self._use(use)]

    def _ask(self, errand: Errand, language: str) -> list[Action]:
        return [Speak(question(errand.tool, errand.asked, language), language)]

    def _use(self, use: UseTool) -> UseTool:
        self._used[use.name] = use
        tool = self.tool(use.name)
        kept = {k: v for k, v in use.args.items() if tool and kind_of(tool.param(k)) not in ("text", "words")}
        self._known |= kept
        return use

    def tool(self, name: str) -> Tool | None:
        """The declared tool of this name."""
        return next((tool for tool in self.tools if tool.name == name), None)

    def _last(self) -> str:
        return self._said[-1] if self._said else ""

    def _named_in(self, message: str, by: str) -> Tool | None:
        """The declared tool that a message names, in backticks or by a name no word looks like."""
        named = [tool for tool in self.tools if tool.name != by and _names(message, tool.name)]
        return min(named, key=lambda tool: message.index(tool.name), default=None)

    def _code_check(self) -> Tool | None:
        return next((tool for tool in self.tools if re.search(r"(?:check|verify|confirm)\w*_.*code", tool.name)), None)

    def _identifying(self, by: str) -> Tool | None:
        about = (tool for tool in self.tools if tool.name != by and tool.required)
        return next((tool for tool in about if re.search(r"identif|verif|authentic", tool.name)), None)


def question(tool: Tool, name: str, language: str) -> str:
    """What the caller is asked for one argument: in English by its description, elsewhere by its kind."""
    param = tool.param(name)
    if re.search(r"order", name) and tool_for((tool,), "order") is not None:
        return saying("ask_number", language)
    about = re.split(r"[,.;:(]|\b(?:as the caller|such as|in digits)\b", param.description, flags=re.I)[0].strip()
    about = re.sub(r"^(?:the|a|an)\s+", "", about, flags=re.IGNORECASE) or name.replace("_", " ")
    if language == "en":
        about = about if about[:2].isupper() else about[:1].lower() + about[1:]
        return saying("ask_slot", "en", what=about)
    kind = "postcode" if re.search(r"post|zip", name) else "code" if re.search(r"code", name) else kind_of(param)
    kind = {"number": "digits"}.get(kind, kind)
    kind = kind if kind in ("day", "time", "name", "digits", "postcode", "code") else "slot"
    return saying(f"ask_{kind}", language, what=name.replace("_", " "))


def speakable(message: str) -> str:
    """What of a message is for the caller, not for the model: of "Say: ..." what is quoted, no names of tools."""
    quoted = re.search(r"\b[Ss]ay(?: exactly)?:\s*[\"“](.+?)[\"”]", message)
    if quoted:
        return quoted.group(1)
    pieces = re.split(r"(?<=[.!?])\s+", message)
    return " ".join(piece for piece in pieces if not _FOR_THE_MODEL.search(piece))


def _names(message: str, name: str) -> bool:
    if f"`{name}`" in message:
        return True
    return "_" in name and re.search(rf"\b{re.escape(name)}\b", message) is not None


def _say(text: str, before: str) -> list[Action]:
    return [Speak(text, language_of(text, before))] if text else []
