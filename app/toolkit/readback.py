"""Reading a write back before it is done: agreed to are exactly these arguments, in a later turn of the caller."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.call.commands import RunTool
from app.toolkit.declare import Caller
from app.toolkit.refusals import agrees, asks
from app.toolkit.schema import LoadedTool
from app.toolkit.spoken import spoken_digits

GOOD_FOR_TURNS = 5  # an agreement that came later was to something else
_TOLD_CHARACTERS = 200

Stand = Literal["agreed", "refused", "asked"]


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What was read back, and after how many turns of the caller."""

    key: str
    turn: int


class ReadBacks:
    """The read-backs of one call: the last one of each tool counts."""

    def __init__(self) -> None:
        self._last: dict[str, ReadBack] = {}

    def stand(self, use: RunTool, key: str, language: str) -> Stand:
        """Whether this use, with its ``key``, was agreed to, was refused, or is to be asked for."""
        last = self._last.get(use.name)
        if last is None or last.key != key or not last.turn <= use.turn <= last.turn + GOOD_FOR_TURNS:
            self._last[use.name] = ReadBack(key, use.turn)
            return "asked"
        if use.turn == last.turn or not any(map(str.isalnum, use.said)) or asks(use.said):
            return "asked"
        if agrees(use.said, language):
            return "agreed"
        del self._last[use.name]
        return "refused"


def read_back(loaded: LoadedTool, given: Mapping[str, object], caller: Caller) -> str:
    """The sentence that asks for it, in the caller's language; numbers digit by digit."""
    assert loaded.options.confirm is not None
    names = loaded.spec.parameters.get("properties", {})
    assert isinstance(names, Mapping)
    said = defaultdict(str, {name: _said(given.get(name, "")) for name in names})
    return caller.hears(loaded.options.confirm).format_map(said)


def _said(value: object) -> str:
    if isinstance(value, str) and value.isdecimal() and len(value) > 2:
        return spoken_digits(value)
    if isinstance(value, list):
        return ", ".join(map(_said, value))
    return str(value)[:_TOLD_CHARACTERS]
