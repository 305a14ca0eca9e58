"""How long what is on record of calls is kept: so many days of each kind, as a setting or a line says it."""

import re
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Final

LONGEST: Final = 3_650
_PART: Final = re.compile(r"([a-z]+)=(\d+)")


@dataclass(frozen=True, slots=True)
class Keeping:
    """Days. ``sound``: recordings. ``transcript``: every word, and what was made of words. ``metadata``: that there was
    a call, its times, waits, costs. ``journal``: every step of it.
    """

    sound: int = 30
    transcript: int = 90
    metadata: int = 396  # thirteen months
    journal: int = 7

    def span(self, kind: str) -> timedelta:
        """How long a kind is kept."""
        return timedelta(days=int(getattr(self, kind)))


KINDS: Final = tuple(each.name for each in fields(Keeping))


def keeping_in(text: str, usual: Keeping = Keeping()) -> Keeping:
    """``transcript=30 sound=7``: what is not named stays as usual, or goes with what holds less. Raises ValueError."""
    given: dict[str, int] = {}
    for part in text.replace(",", " ").split():
        found = _PART.fullmatch(part)
        if found is None or found[1] not in KINDS or not 1 <= int(found[2]) <= LONGEST:
            raise ValueError(f"{part} is no kind ({', '.join(KINDS)}) with its days, 1 to {LONGEST}")
        given[found[1]] = int(found[2])
    made = replace(usual, **given)
    shorter = {
        "sound": min(made.sound, made.metadata),
        "transcript": min(made.transcript, made.metadata),
        "journal": min(made.journal, made.transcript, made.metadata),
    }
    late = [kind for kind, days in shorter.items() if kind in given and days < given[kind]]
    if late:
        why = "a journal holds words and goes with the transcript, and all of it goes with the metadata"
        raise ValueError(f"{late[0]}={given[late[0]]} is too long: {why}")
    return replace(made, **shorter)
