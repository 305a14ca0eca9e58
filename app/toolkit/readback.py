"""Reading a write back before it is done: agreed to are exactly these arguments, in a later turn of the caller."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.call.commands import RunTool
from app.toolkit.declare import Caller
from app.toolkit.heard import heard_digits
from app.toolkit.refusals import agrees, asks, refuses
from app.toolkit.schema import LoadedTool
from app.toolkit.spoken import spoken_digits

GOOD_FOR_TURNS = 5  # an agreement that came later was to something else
HEARD_SHARE = 0.5  # of its words: the model puts it a little otherwise, and a caller's yes may cut its end off
_NUMBER = re.compile(r"\d(?:[ :]?\d){2,}")  # of an order, a card, a time; a day of the month is said in many ways
_FIRST_OF_CJK = "\u2e80"  # scripts in which a word has a letter or two
_TOLD_CHARACTERS = 200

Stand = Literal["agreed", "refused", "asked"]


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What was read back, and after how many turns of the caller."""

    key: str
    turn: int
    sentence: str
    translated: bool  # the model has to put the sentence into the caller's language


class ReadBacks:
    """The read-backs of one call: the last one of each tool counts."""

    def __init__(self) -> None:
        self._last: dict[str, ReadBack] = {}

    def stand(self, use: RunTool, key: str, language: str, sentence: str, *, translated: bool = False) -> Stand:
        """Whether this use, with its ``key``, was agreed to, was refused, or is to be asked for by ``sentence``."""
        last = self._last.get(use.name)
        if last is None or last.key != key or not last.turn <= use.turn <= last.turn + GOOD_FOR_TURNS:
            self._last[use.name] = ReadBack(key, use.turn, sentence, translated)
            return "asked"
        if use.turn == last.turn or not any(map(str.isalnum, use.said)) or asks(use.said):
            return "asked"
        if refuses(use.said, language):
            del self._last[use.name]
            return "refused"
        return "agreed" if agrees(use.said, language) and _was_heard(last, use) else "asked"


def read_back(loaded: LoadedTool, given: Mapping[str, object], caller: Caller) -> str:
    """The sentence that asks for it, in the caller's language; numbers digit by digit."""
    assert loaded.options.confirm is not None
    names = loaded.spec.parameters.get("properties", {})
    assert isinstance(names, Mapping)
    said = defaultdict(str, {name: _said(given.get(name, "")) for name in names})
    return caller.hears(loaded.options.confirm).format_map(said)


def _was_heard(asked: ReadBack, use: RunTool) -> bool:
    """Whether the caller heard, between the asking and their answer, what was to be read back."""
    if use.heard is None:
        return True
    heard = " ".join(use.heard[-(use.turn - asked.turn) - 1 : -1])
    digits = heard_digits(heard)
    numbers = ("".join(filter(str.isdecimal, found)) for found in _NUMBER.findall(asked.sentence))
    if not all(number in digits for number in numbers):
        return False
    if asked.translated:
        return len(heard) >= len(asked.sentence) * HEARD_SHARE
    wanted = _pieces(asked.sentence)
    return len(wanted & _pieces(heard)) >= len(wanted) * HEARD_SHARE


def _pieces(text: str) -> set[str]:
    """The letters of a text in pieces of a few: a long talk about something else has not many of them."""
    letters = "".join(character for character in text.casefold() if character.isalpha())
    size = 2 if max(letters, default="") >= _FIRST_OF_CJK else 4
    return {letters[at : at + size] for at in range(len(letters) - size + 1)}


def _said(value: object) -> str:
    if isinstance(value, str) and value.isdecimal() and len(value) > 2:
        return spoken_digits(value)
    if isinstance(value, list):
        return ", ".join(map(_said, value))
    return str(value)[:_TOLD_CHARACTERS]
