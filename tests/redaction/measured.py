"""The shipped cases: what of each must go, what went, and how well that agrees."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from app.redaction.conversation import Conversation
from app.redaction.spans import Span

CASES = Path(__file__).parent / "cases"
UNSEEN = 3  # every third case was not looked at while the rules were made
_MARKED = re.compile(r"\{(?P<kind>[a-z-]+)\|(?P<words>[^}]*)\}")
_TURN = re.compile(r"(?:^| / )(?=[ca]: )")


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of a case as it is said, and what of it must go."""

    side: Literal["caller", "assistant"]
    text: str
    secret: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One case: a call's turns in one language."""

    name: str
    language: str
    turns: tuple[Turn, ...]
    unseen: bool


@dataclass(slots=True)
class Tally:
    """How often what must go went, did not, and something went that should have stayed; which these were."""

    gone: dict[str, int] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)
    missed_kinds: dict[str, int] = field(default_factory=dict)
    wrongly: list[str] = field(default_factory=list)
    rightly: int = 0

    def recall(self, kind: str = "") -> float:
        gone = sum(count for of, count in self.gone.items() if kind in ("", of))
        missed = sum(count for of, count in self.missed_kinds.items() if kind in ("", of))
        return gone / (gone + missed)

    @property
    def precision(self) -> float:
        return self.rightly / (self.rightly + len(self.wrongly))


def cases() -> Iterator[Case]:
    """All cases, language by language."""
    for path in sorted(CASES.glob("*.txt")):
        lines = [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]
        for number, line in enumerate(lines):
            turns = tuple(_turn(part) for part in _TURN.split(line) if part)
            yield Case(f"{path.stem} {number + 1}", path.stem, turns, number % UNSEEN == UNSEEN - 1)


def _turn(written: str) -> Turn:
    side, _, marked = written.partition(": ")
    text, spans = "", []
    at = 0
    for match in _MARKED.finditer(marked):
        text += marked[at : match.start()]
        spans.append(Span(len(text), len(text) + len(match["words"]), match["kind"]))  # type: ignore[arg-type]
        text += match["words"]
        at = match.end()
    return Turn("caller" if side == "c" else "assistant", text + marked[at:], tuple(spans))


def measure(those: Sequence[Case]) -> Tally:
    """Redact the cases as calls, and compare."""
    tally = Tally()
    for case in those:
        conversation = Conversation(case.language)
        found: dict[object, list[Span]] = {}
        for number, turn in enumerate(case.turns):
            for piece in conversation.said(number, turn.side, turn.text):
                found[piece.key] = piece.spans
        found |= {piece.key: piece.spans for piece in conversation.rest()}
        for number, turn in enumerate(case.turns):
            _compare(tally, case, turn, found[number])
    return tally


def _compare(tally: Tally, case: Case, turn: Turn, found: Sequence[Span]) -> None:
    for secret in turn.secret:
        if _covered(turn.text, secret, found):
            tally.gone[secret.kind] = tally.gone.get(secret.kind, 0) + 1
        else:
            tally.missed_kinds[secret.kind] = tally.missed_kinds.get(secret.kind, 0) + 1
            tally.missed.append(f"{case.name}: {turn.text!r} kept {turn.text[secret.start : secret.end]!r} of {found}")
    for span in found:
        if any(span.start < secret.end and secret.start < span.end for secret in turn.secret):
            tally.rightly += 1
        else:
            tally.wrongly.append(f"{case.name}: {turn.text!r} lost {turn.text[span.start : span.end]!r} as {span.kind}")


def _covered(text: str, secret: Span, found: Sequence[Span]) -> bool:
    """Whether every letter and digit of it is gone."""
    gone = {at for span in found for at in range(span.start, span.end)}
    return all(at in gone for at in range(secret.start, secret.end) if text[at].isalnum())
