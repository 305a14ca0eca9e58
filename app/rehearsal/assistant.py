"""A small scripted assistant: what the model of a rehearsal says and which tools it uses. Pure.

It reads the prompt as far as it must, knows the tools only by their declarations, and answers from what they return.
Orders, tickets, help and handoffs have rules of their own here; every other tool is used as in ``errands``.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from app.rehearsal.actions import Action, Speak, UseTool
from app.rehearsal.declared import Tool, ends_the_talk, filled_by_name, is_for_orders, known, param_like, tool_for
from app.rehearsal.errands import Errands, speakable
from app.rehearsal.intents import (
    asks_of_photo,
    intent_of,
    keys_in,
    language_asked,
    order_number_in,
    ticket_number_in,
    wants_a_person,
    wants_a_text,
    wants_another_try,
)
from app.rehearsal.matching import sentence_about, wanted_tool
from app.rehearsal.sayings import SAYINGS, colour, saying
from app.rehearsal.seen import Seen
from app.rehearsal.told import (
    asks_for_greeting,
    is_note,
    language_demanded,
    language_to_say_again,
    sentence_to_say,
    stays_in_language,
    tells_of_photo,
    words_of_caller,
)
from app.rehearsal.tool_answers import message_in, status_of, worded
from app.rehearsal.wishes import language_args, recording_allowed, text_args
from app.rehearsal.wording import language_of

__all__ = ["Action", "Assistant", "Speak", "Tool", "UseTool"]

_ASKS_HOW = re.compile(r"\W*(?:how|what|can|do|does|is|could|c[oó]mo|qu[eé]|puedo)\b", re.IGNORECASE)
_IN_GENERAL = re.compile(r"\W*(?:how (?:do|can|does)|do you|c[oó]mo|comment|wie kann)\b", re.IGNORECASE)
_TROUBLES = ("damaged", "billing", "reschedule", "book", "date")
_FIRM = frozenset({"repeat", "goodbye", "robot", "keys"})  # intents no declared tool comes before
_WEB = ({"title": "example.org", "uri": "https://example.org/answer"},)  # what a search of the rehearsal finds

Answer = Callable[[], list[Action]]


class Assistant:
    """One conversation. Every method returns what to do, in order; nothing waits here."""

    def __init__(
        self, instruction: str, tools: Sequence[Tool], *, searches: bool = False, today: date | None = None
    ) -> None:
        self.searches = searches
        self.languages: tuple[str, ...] = ()  # what callers may be answered in; empty: in any known here
        self.language = "en"
        self.notes: list[str] = []
        self._instruction = ""
        self._errands = Errands(today)
        self._photo: Seen | None = None
        self._waiting_for = ""  # "order", "ticket" or "trouble": what was asked of the caller
        self._subject = ""
        self._offered_more = False
        self._unclear = 0
        self._last_said = ""
        self._retry: UseTool | None = None
        self._failed: UseTool | None = None  # what a caller may want tried again, offered or not
        self._unknown_caller = False  # their phone number leads to no orders
        self._switching_to = ""
        self.tools = tuple(tools)
        self.instructed(instruction)

    @property
    def tools(self) -> tuple[Tool, ...]:
        """What is declared now."""
        return self._errands.tools

    @tools.setter
    def tools(self, tools: tuple[Tool, ...]) -> None:
        self._errands.tools = tools

    def instructed(self, instruction: str) -> None:
        """Take a system instruction in: of it the language is obeyed, and facts are read when they are asked for."""
        self._instruction = instruction
        self.language = language_demanded(instruction) or self.language

    def noted(self, text: str) -> None:
        """Take a note in, without an answer."""
        self.notes.append(text)

    def told(self, text: str) -> list[Action]:
        """Answer a text: the house's instruction, its news of the caller, or the caller's own words in writing."""
        sentence = sentence_to_say(text, self._last_said)
        if sentence:
            found = language_of(sentence)
            # A sentence of a language nobody here knows, such as Hindi, looks like English.
            self.language = found if found != "en" or self.language in SAYINGS else self.language
            return self._say(sentence)
        again = language_to_say_again(text)
        if again:
            return self._again_in(again)
        if is_note(text):
            self.noted(text)
            return []
        if asks_for_greeting(text):
            return self._saying("greeting")
        if tells_of_photo(text):
            return self._of_photo()
        words = words_of_caller(text)
        return self.heard(words, language_of(words, self.language) if re.search(r"[^\W\d_]{3}", words) else "")

    def _go_over_to(self, language: str) -> bool:
        """Speak another language, if it is known here and one of the line's; whether it is another."""
        taken = language in SAYINGS and language != self.language and language in (self.languages or SAYINGS)
        self.language = language if taken else self.language
        return taken

    def _again_in(self, language: str) -> list[Action]:
        self.language = language
        return self._say(self._last_said) if language_of(self._last_said) == language else self._saying("go_on")

    def heard(self, text: str, language: str = "") -> list[Action]:
        """Answer what the caller said."""
        if len(text.split()) > 1 and not stays_in_language(self._instruction):
            self._go_over_to(language)
        intent = intent_of(text)
        self._errands.spoken(text)
        if text.strip():
            led = self._errands.heard(text, intent, self.language)
            if led is not None:
                return self._led(led)
            wish = self._on_recording(text) or self._special_wish(text) or self._by_declaration(intent, text)
            if wish:
                self._unclear, self._offered_more, self._waiting_for = 0, False, ""
                return wish
        if not text.strip() or intent == "unclear":
            return self._if_asked(text) or self._did_not_catch()
        self._unclear = 0
        offered, self._offered_more = self._offered_more, False
        return self._if_asked(text, intent) or self._on(intent, text, offered)

    def saw(self, photo: Seen) -> list[Action]:
        """Take a photo in; what it shows is said when it is spoken of."""
        self._photo = photo
        return []

    def answered(self, name: str, response: Mapping[str, object]) -> list[Action]:
        """Say what a tool returned."""
        tool = self._errands.tool(name)
        status = status_of(response)
        if tool is not None and status == "ok" and ends_the_talk(self.tools, tool):
            return []
        self._failed = self.last_use(name) if status in ("error", "timeout") else None
        if name in ("switch_language", "allow_recording") and status == "ok":
            self.language, self._switching_to, self._retry = self._switching_to or self.language, "", None
            return self._saying("go_on")
        led = self._errands.returned(name, response, message_in(response), self.language)
        if led is not None:
            return self._led(led)
        message = speakable(worded(response, self.language))
        if status == "ok":
            self._retry = None
            self._offered_more = True
            return self._passed_on(message, "" if "?" in message else saying("anything_else", self.language))
        if status == "not_found" and tool is not None and is_for_orders(tool):
            self._waiting_for = "order"
            self._unknown_caller = self._unknown_caller or not tool.params
        self._offered_more = bool(response.get("retryable")) and self._retry is not None
        if not self._offered_more:
            self._retry = None
        return self._passed_on(message or saying("failed", self.language))

    def cut(self, said: str) -> None:
        """Only ``said`` of the last turn was sent before the caller spoke."""
        self._last_said = said or self._last_said

    # ---- by the declarations

    def _led(self, actions: list[Action]) -> list[Action]:
        """What an errand leads to, remembered for a repetition and a second try."""
        self._unclear, self._waiting_for, self._offered_more, self._retry = 0, "", False, None
        for action in actions:
            if isinstance(action, UseTool):
                self._retry = action
            else:
                self._last_said = action.text
        return actions

    def _by_declaration(self, intent: str, text: str) -> list[Action]:
        """Use a tool that none of the rules here know, if the words ask for it and for none they know."""
        if intent in _FIRM or (intent == "agent" and wants_a_person(text)):
            return []
        if _IN_GENERAL.match(text) and self._tool("help"):
            return []
        # That one's description has words of any wish in it: only its own rule knows who asks for it.
        tool = wanted_tool(text, [tool for tool in self.tools if tool.name != "allow_recording"])
        if tool is None or tool in known(self.tools):
            return []
        return self._led(self._errands.begin(tool, self.language))

    def _on_recording(self, text: str) -> list[Action]:
        allow = self._errands.tool("allow_recording")
        answered = allow is not None and self.last_use(allow.name) is not None
        allowed = recording_allowed(text, f"{self._instruction} {self._last_said}", answered=answered)
        return [] if allow is None or allowed is None else [self._use(allow, {"allowed": allowed})]

    def _special_wish(self, text: str) -> list[Action]:
        """Another language, something in writing, a word on a photo."""
        language, switch = language_asked(text), self._errands.tool("switch_language")
        if language and switch is not None:
            self._switching_to = language
            return [self._use(switch, language_args(switch, language))]
        if language and self._go_over_to(language):
            return self._saying("go_on")
        if self._failed is not None and wants_another_try(text):
            return self._looking(self._failed)
        send = self._errands.tool("send_text")
        if send is not None and wants_a_text(text):
            return self._text(send, text)
        if asks_of_photo(text, shown=self._photo is not None):
            return self._of_photo()
        return []

    def _text(self, tool: Tool, text: str) -> list[Action]:
        words = self._last_said.replace(saying("anything_else", self.language), "").strip()
        return [*self._saying("texted", remember=False), self._use(tool, text_args(tool, text, words or text))]

    def _of_photo(self) -> list[Action]:
        if self._photo is None:
            return self._saying("no_photo")
        width, height, seen = str(self._photo.width), str(self._photo.height), self._photo.colour
        return self._saying("photo", width=width, height=height, colour=colour(seen, self.language))

    def last_use(self, name: str) -> UseTool | None:
        """The last call of a tool."""
        return self._errands.last_use(name)

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
        use = self._use(tool, {param_like(tool, "order|number|id"): number})
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
        return self._looking(self._use(tool, {param_like(tool, "ticket|number|id"): number}))

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
        return self._led(self._errands.begin(tool, self.language))

    def _open_ticket(self, subject: str, text: str) -> list[Action]:
        tool = self._tool("open_ticket")
        if tool is None:
            return self._search(text)
        wanted = {
            "subject|title|topic|category": subject.replace("_", " "),
            "detail|description|text|problem|message": text,
        }
        return self._looking(self._use(tool, filled_by_name(tool, wanted)), "opening_ticket")

    def _search(self, text: str) -> list[Action]:
        tool = self._tool("help")
        if tool is None:
            return self._without_tools(text)
        return self._looking(self._use(tool, {param_like(tool, "question|query|text|topic"): text}))

    def _without_tools(self, text: str) -> list[Action]:
        """From the prompt's facts, or from the web."""
        fact = sentence_about(text, self._instruction)
        if fact:
            return self._passed_on(fact, saying("anything_else", self.language))
        if self.searches:
            self._last_said = saying("searched", self.language)
            return [Speak(self._last_said, self.language, _WEB)]
        return self._saying("no_tool")

    def _press(self, text: str) -> list[Action]:
        tool = self._tool("keys")
        return [self._use(tool, {param_like(tool, "key|digit"): keys_in(text)})] if tool else self._saying("no_tool")

    def _hand_off(self, words: str, text: str) -> list[Action]:
        tool = self._tool("handoff")
        if tool is None:
            return self._saying("no_handoff")
        return [*self._saying(words), self._use(tool, filled_by_name(tool, {"reason|why|summary": text}))]

    def _end(self) -> list[Action]:
        tool = self._tool("end")
        bye = self._saying("goodbye")
        return [*bye, self._use(tool, filled_by_name(tool, {"reason|why": "the caller said goodbye"}))] if tool else bye

    # ---- saying it

    def _say(self, text: str, remember: bool = True) -> list[Action]:
        if remember:
            self._last_said = text
        return [Speak(text, self.language)] if text else []

    def _passed_on(self, message: str, after: str = "") -> list[Action]:
        """A tool's sentence in the voice of its own language, and then one of ours."""
        language = language_of(re.sub(r"\([^)]*\)", "", message), self.language)  # a word in brackets may be of another
        if language == self.language:
            return self._say(f"{message} {after}".strip())
        self._last_said = message
        ours: list[Action] = [Speak(after, self.language)] if after else []
        return [Speak(message, language), *ours]

    def _saying(self, name: str, remember: bool = True, **words: str) -> list[Action]:
        return self._say(saying(name, self.language, **words), remember)

    def _looking(self, use: UseTool, name: str = "looking", **words: str) -> list[Action]:
        """Use a tool; where the model need not wait for it, say so first."""
        return [use] if use.blocking else [*self._saying(name, remember=False, **words), use]

    # ---- the tools

    def _use(self, tool: Tool, args: Mapping[str, object]) -> UseTool:
        use = UseTool(tool.name, {name: value for name, value in args.items() if name}, tool.blocking)
        self._retry = use
        self._errands.used(use)
        return use

    def _tool(self, purpose: str, needs_params: bool | None = None) -> Tool | None:
        return tool_for(self.tools, purpose, needs_params)
