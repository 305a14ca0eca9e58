"""A line: phone numbers we answer, and how."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from app.prompts import render
from app.prompts.hours import Hours, is_open
from app.prompts.scorecard import Scorecard
from app.prompts.tongues import LanguagePolicy, language_rule, menu_entry

ANY_NUMBER = "*"
DEFAULT_MODEL = "gemini-3.8-live"
DEFAULT_VOICE = "Kore"
# Outside its hours a line answers all the same, says the phrase and hangs up, or passes every call to a person.
CLOSED = ("answer", "say", "hand_off")
# A greeting says that an AI speaks, or the business has taken on itself to answer for one that does not.
DISCLOSURES = ("greeting", "off-i-know")
# Callers' sound is kept: not at all, after they were told, or if they say yes.
RECORDINGS = ("off", "notice", "ask")
# More calls than can be taken: a call back is offered, or the phrase is all, or the representative gets the call.
BUSY = ("callback", "say", "hand_off")
# The assistant cannot be had: who or what takes the call. Not written: whatever of these there is, in this order.
UNREACHABLE = ("hand_off", "voicemail", "callback", "apology")
# A call that has cost as much as it may: to the representative, if there is one then, or it ends.
COST_LIMIT_WAYS = ("hand_off", "goodbye")
ByLanguage = Mapping[str, str]
Closed = Literal["answer", "say", "hand_off"]
Busy = Literal["callback", "say", "hand_off"]
Unreachable = Literal["hand_off", "voicemail", "callback", "apology"]
CostLimitWay = Literal["hand_off", "goodbye"]
Disclosure = Literal["greeting", "off-i-know"]
Recording = Literal["off", "notice", "ask", "agreed"]  # the last one is of a call, and in no file


@dataclass(frozen=True, slots=True)
class Line:
    """A line as its folder says. ``languages`` are BCP-47 tags, the first is the default.

    ``greetings``, ``instructions`` and ``phrases`` have every language of the line; their
    ``{variables}`` are still to be filled (``greeting``, ``instruction``). ``phrases_language`` says for each in
    which language its phrases are written: English where nobody has written them. ``language_keys`` maps a key of
    the phone to a language, for the policy ``ask``. ``facts`` are the texts of facts nothing was found for.
    ``not_redacted`` are patterns of what is kept in records all the same. ``unreachable`` None: whatever there is.
    ``text_number`` None: texts come from the number called. None elsewhere leaves a choice to the model, or sets no
    limit.
    """

    name: str
    business: str
    numbers: tuple[str, ...]
    model: str = DEFAULT_MODEL
    voice: str = DEFAULT_VOICE
    languages: tuple[str, ...] = ("en-US",)
    language_policy: LanguagePolicy = "follow"
    language_keys: Mapping[str, str] = field(default_factory=dict)
    tools: tuple[str, ...] = ()
    vad: str = "telephone"
    end_of_speech_ms: int | None = None
    digits_ms: int = 1200
    hours: Hours = field(default_factory=Hours)
    closed: Closed = "answer"
    handoff_number: str | None = None
    handoff_hours: Hours = field(default_factory=Hours)
    busy: Busy = "callback"
    unreachable: Unreachable | None = None
    look_up: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    not_redacted: tuple[str, ...] = ()
    retention: str = ""
    recording: Recording = "off"
    disclosure: Disclosure = "greeting"
    silence_s: float = 10.0
    longest_call_s: float = 1200.0
    cost_limit_usd: float | None = None
    cost_limit_way: CostLimitWay = "hand_off"
    tools_per_turn: int = 8
    links: Mapping[str, str] = field(default_factory=dict)
    text_number: str | None = None
    google_search: bool = False
    notice_of_listening: bool = False  # callers are told when a person of ours listens
    temperature: float | None = None
    thinking: str | None = None
    affective_dialog: bool | None = None
    proactive_audio: bool | None = None
    greetings: ByLanguage = field(default_factory=dict)
    instructions: ByLanguage = field(default_factory=dict)
    phrases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    phrases_language: ByLanguage = field(default_factory=dict)
    scorecard: Scorecard = field(default_factory=Scorecard)

    def menu(self, language: str) -> str:
        """What follows the greeting in ``language``: each other language offered by its key, in its own words.

        Empty but for the policy ``ask`` in the language the call starts in.
        """
        if self.language_policy != "ask" or language != self.languages[0]:
            return ""
        others = ((key, tag) for key, tag in sorted(self.language_keys.items()) if tag != language)
        return " ".join(self._menu_entry(key, tag) for key, tag in others)

    def _menu_entry(self, key: str, tag: str) -> str:
        phrase = self.phrases.get(tag, {}).get("language_menu", "")
        return menu_entry(tag, key, phrase, self.phrases_language.get(tag, tag) if phrase else "")

    def greeting_is_fixed(self, language: str) -> bool:
        """Whether the greeting is the same in every call, so that its sound may be kept."""
        return render.is_fixed(self.greetings[language])


def line_for(lines: Mapping[str, Line], called: str) -> Line | None:
    """The line that answers a number: the one that names it, else the one for any number."""
    for wanted in (called, ANY_NUMBER):
        for line in lines.values():
            if wanted in line.numbers:
                return line
    return None


def open_now(line: Line, when: datetime) -> bool:
    """Whether the line is in its opening hours at ``when`` (aware, any zone)."""
    return is_open(line.hours, when)


def hands_off_now(line: Line, when: datetime) -> bool:
    """Whether somebody takes handed-off calls at ``when`` (aware, any zone)."""
    return line.handoff_number is not None and is_open(line.handoff_hours, when)


def greeting(line: Line, language: str, caller: str, now: datetime, facts: Mapping[str, object] | None = None) -> str:
    """What the assistant says first; ``now`` aware, any zone.

    What is to be said of recording and the menu of languages are part of it: whoever stays on has heard the notice
    before the first question, and is asked last.
    """
    said = render.fill(line.greetings[language], _values(line, language, caller, now, facts))
    phrases, policy = line.phrases.get(language, {}), line.recording
    notice = phrases.get("recording_notice", "") if policy == "notice" else ""
    question = phrases.get("recording_question", "") if policy == "ask" else ""
    return " ".join(part for part in (notice, said, question, line.menu(language)) if part)


def instruction(
    line: Line, language: str, caller: str, now: datetime, facts: Mapping[str, object] | None = None
) -> str:
    """What the assistant is told while the call is in ``language``: the house's rules, then the line's own.

    ``now`` is aware, of any zone; ``facts`` are what was looked up, by the names of the line's ``[facts]``.
    """
    return render.fill(line.instructions[language], _values(line, language, caller, now, facts))


def _values(
    line: Line, language: str, caller: str, now: datetime, facts: Mapping[str, object] | None
) -> dict[str, str]:
    return render.values(
        caller=caller,
        line=line.name,
        business=line.business,
        language=language,
        languages=line.languages,
        rule=language_rule(line.language_policy, language, line.languages),
        facts=render.clean_facts(line.facts, facts or {}),
        now=now.astimezone(line.hours.zone),
    )
