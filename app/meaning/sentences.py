"""The sentences that the story of a call is told in: plain English here, other languages beside the console's texts.

What fills a place is written by the place's name: seconds in ``…_s``, US dollars in ``…usd``; the rest as it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Final

from app.call import flags

Value = float | str
FLAG: Final = "flag_"

SENTENCES: Final[Mapping[str, str]] = {
    "heard_nothing": "the caller heard nothing of the assistant",
    "greeting": "the caller waited {waited_s} for the greeting",
    "answer": "the caller waited {waited_s} for an answer",
    "shares": "{model_s} of it for the model, {house_s} for us",
    "tool_ran": "{tool} ran for {took_s}",
    "talked_over": "the assistant began while the caller spoke on for {over_s}",
    "interrupted": "the caller interrupted the assistant",
    "interrupted_stopped": "the caller interrupted the assistant; its sound stopped {stopped_s} after they began",
    "unheard": 'not heard: "{words}"',
    "silent_caller": "nobody was heard for {lasted_s}, after the caller had spoken",
    "silent_assistant": "nobody was heard for {lasted_s}, after the assistant had spoken",
    "silent_caller_announced": "nobody was heard for {lasted_s}, after the caller had spoken, and the caller had been "
    "told to wait",
    "silent_assistant_announced": "nobody was heard for {lasted_s}, after the assistant had spoken, and the caller had "
    "been told to wait",
    "tool": "{tool} ended with {status}",
    "tool_after": "{tool} ended with {status}, after {took_s}",
    "session_lost": "the session was lost: Live closed with {code}",
    "session_ending": "Live said that it will cut the session in {seconds} s",
    "session_resumed": "a session was resumed, {after_s} after the one before",
    "session_afresh": "a session began afresh, {after_s} after the one before",
    "session_slow": "the first session took {took_s} to open",
    "stream_broke": "the stream broke without a goodbye",
    "cost": "it cost {total_usd}",
    "cost_item": "{item} {usd}",
    "cost_item_estimated": "{item} {usd} (estimated)",
    "no_end": "it goes on, or its end is not on record yet",
    "ended_caller": "it ended as {disposition}, by the caller, after {lasted_s}",
    "ended_assistant": "it ended as {disposition}, by the assistant, after {lasted_s}",
    "ended_house": "it ended as {disposition}, by the house, after {lasted_s}",
    "problem": "{problem}",
    FLAG + flags.DISCLOSED: "the caller had heard that an AI speaks",
    FLAG + flags.LANGUAGE_SWITCHED: "language switched",
    FLAG + flags.LANGUAGE_DRIFT: "language drift",
    FLAG + flags.IDENTITY_LOCKED: "identity locked",
    FLAG + flags.NO_ANSWER: "somebody waited for an answer and the model gave none",
    FLAG + flags.EMPTY_TURN: "the model had a turn without sound",
    FLAG + flags.SILENT_SOUND: "the model's sound was silence",
    FLAG + flags.TONE: "the model's sound was a tone",
    FLAG + flags.UNWORDED_SOUND: "the model's sound went on without words",
    FLAG + flags.PHANTOM: "the model stopped as if interrupted, though nobody spoke",
    FLAG + flags.SENTENCE_LOOP: "the assistant said the same again and again",
    FLAG + flags.REFUSAL_LOOP: "the assistant refused again and again",
    FLAG + flags.UNFOUNDED_CLAIM: "the assistant said that something was done which no tool had done",
    FLAG + flags.TOOL_REPEATED: "the same tool was asked the same again and again",
    FLAG + flags.COST_LIMIT: "the call had cost as much as it may",
    FLAG + flags.COST_ESTIMATED: "the cost is an estimate",
}


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence of SENTENCES, or a flag that is not among them, with what fills its places."""

    name: str
    values: Mapping[str, Value]


Telling = Callable[[Said], str]


def said(name: str, /, **values: Value) -> Said:
    return Said(name, values)


def in_english(one: Said) -> str:
    sentence = SENTENCES.get(one.name)
    return _named(one.name) if sentence is None else filled(sentence, one.values, _written)


def filled(sentence: str, values: Mapping[str, Value], written: Callable[[str, Value], str]) -> str:
    """The sentence with every place filled; what is not known of a call that was brought along is a dash."""
    places = {place: "–" for _, place, _, _ in Formatter().parse(sentence) if place}
    return sentence.format(**places | {name: written(name, value) for name, value in values.items()})


def _named(name: str) -> str:
    return name.removeprefix(FLAG).replace("_", " ")


def _written(name: str, value: Value) -> str:
    if isinstance(value, str):
        return value
    if name.endswith("_s"):
        return f"{value:.1f} s"
    return f"${value:.4f}" if name.endswith("usd") else f"{value:g}"
