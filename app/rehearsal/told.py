"""What the house writes to the model: a sentence to say, a note, news of the caller, a language to speak. Pure."""

import re

from app.rehearsal.intents import language_named

_EXACTLY = re.compile(r"exactly:\s*[\"“«](.+)[\"”»]\s*\.?\s*$", re.DOTALL | re.IGNORECASE)
_LATE_ANSWER = re.compile(
    r"\bthe tool \w+, called before [^,]*, answered: (.+?)\s*Tell the caller\.\s*$", re.DOTALL | re.IGNORECASE
)
_CUT_OFF = re.compile(r"\bcut off in the middle of your answer\b[^\"“]*[\"“](.*)[\"”]", re.DOTALL | re.IGNORECASE)
_ALL_SAID = "OK."
_RESPOND_IN = re.compile(r"(?:RESPOND|SPEAK|ANSWER|TALK)\s+(?:UNMISTAKABLY\s+)?(?:ONLY\s+)?IN\s+(\w+)", re.IGNORECASE)
_STAYS = re.compile(r"\b(?:change|switch)[^.]{0,40}\bonly (?:when|if)\b|\bonly when the caller asks\b", re.IGNORECASE)
_GREETED = re.compile(
    r"\b(?:has|have) (?:just |already )?heard (?:the|your|this) greeting|do not greet(?!.*\bfinish\b)|already greeted",
    re.IGNORECASE,
)
_NOTE = re.compile(r"^\W*(?:note\b|the caller (?:has heard|heard|spoke|interrupted)\b)(?!.*\bfinish\b)", re.IGNORECASE)
_AGAIN_IN = re.compile(r"\bsay (?:them|it|that) again in (\w+)", re.IGNORECASE)
_GREET = re.compile(r"\b(?:greet|introduce yourself)\b", re.IGNORECASE)
_GO_ON = re.compile(r"\bgo on right after\b", re.IGNORECASE)
_NUDGE = re.compile(r"\bcaller has spoken and waits\b", re.IGNORECASE)
_PHOTO = re.compile(
    r"^\W*the caller (?:has )?(?:just )?sent (?:you )?(?:a|this|another) (?:photo|picture|image)", re.IGNORECASE
)
_NEWS = re.compile(  # the caller's words or keys, in quotes
    r"^\W*the caller (?:has )?(?:just )?(?:pressed|keyed|typed|sent|texted|wrote|said)\b[^\"“]*[\"“](.*)[\"”]\W*$",
    re.IGNORECASE | re.DOTALL,
)


def sentence_to_say(text: str, last_said: str = "") -> str:
    """What is to be said exactly, what a tool answered that another session had called, or the rest of ``last_said``.

    Empty if nothing is.
    """
    cut_off = _CUT_OFF.search(text)
    if cut_off:
        return _rest(last_said, cut_off.group(1))
    exact = _EXACTLY.search(text) or _LATE_ANSWER.search(text)
    return exact.group(1).strip() if exact else ""


def heard_before_cut(text: str) -> str | None:
    """What the caller has heard of an answer that was cut off by no caller; None for any other text."""
    cut_off = _CUT_OFF.search(text)
    return cut_off.group(1) if cut_off else None


def _rest(said: str, heard: str) -> str:
    """What follows the words heard; whoever does not know what was being said says that they were done."""
    words, known = said.split(), len(heard.split())
    return " ".join(words[known:]) or _ALL_SAID


def language_demanded(instruction: str) -> str:
    """The language an instruction demands, empty if none; one without a name here is English."""
    asked = _RESPOND_IN.search(instruction)
    return (language_named(asked.group(1)) or "en") if asked else ""


def stays_in_language(instruction: str) -> bool:
    """Is another language to be spoken only when the caller asks for it?"""
    return _STAYS.search(instruction) is not None


def language_to_say_again(text: str) -> str:
    """The language the last words are wanted in, empty if they are not wanted again."""
    again = _AGAIN_IN.search(text)
    return language_named(again.group(1)) if again else ""


def is_nudge(text: str) -> bool:
    """Is the assistant told that it owes the caller an answer?"""
    return _NUDGE.search(text) is not None


def is_note(text: str) -> bool:
    """Is it to be known and not answered? A text without words is a nudge."""
    return bool(_GREETED.search(text) or _NOTE.match(text)) or not re.search(r"\w", text)


def asks_for_greeting(text: str) -> bool:
    """Is the caller to be greeted?"""
    return _GREET.search(text) is not None


def asks_to_go_on(text: str) -> bool:
    """Is the rest wanted of what was cut though nobody had spoken?"""
    return _GO_ON.search(text) is not None


def tells_of_photo(text: str) -> bool:
    """Has the caller sent a photo?"""
    return _PHOTO.match(text) is not None


def words_of_caller(text: str) -> str:
    """What the caller typed, texted or keyed; a text that is no news of the house is the caller's own.

    Of a nudge it is nothing: the words are not known.
    """
    if is_nudge(text):
        return ""
    news = _NEWS.match(text)
    return news.group(1) if news else text
