"""What can be asked to go wrong with a text model's answer."""

from collections.abc import Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class TextFault:
    """What goes wrong with one answer.

    ``refuse``: an HTTP status (429, 500, 503). ``garbled``: no JSON though it was asked for. ``cut``: it stops at the
    limit of tokens. ``blocked``: the prompt was refused, ``unsafe``: the answer was. ``other``: JSON of another schema.
    ``delay_s``: it comes late.
    """

    refuse: int = 0
    garbled: bool = False
    cut: bool = False
    blocked: bool = False
    unsafe: bool = False
    other: bool = False
    delay_s: float = 0.0


def text_fault_from(wishes: Mapping[str, object]) -> TextFault:
    """A fault from JSON or options. Raises ValueError for a name or value that is not one."""
    known = {each.name: each.default for each in fields(TextFault)}
    unknown = sorted(set(wishes) - set(known))
    if unknown:
        raise ValueError(f"no such text fault: {', '.join(unknown)}; there are {', '.join(known)}")
    refuse, delay_s = str(wishes.get("refuse", 0)), str(wishes.get("delay_s", 0.0))
    on = {name: str(wishes.get(name, "")).lower() in ("1", "true", "yes", "on") for name in _FLAGS}
    return TextFault(refuse=int(refuse), delay_s=float(delay_s), **on)


_FLAGS = ("garbled", "cut", "blocked", "unsafe", "other")


@dataclass(slots=True)
class TextPlan:
    """Which answers go wrong: the next ``answers``, or all of them while that is None."""

    fault: TextFault = TextFault()
    answers: int | None = None

    def take(self) -> TextFault:
        """The fault of the answer that is asked for now."""
        if self.answers is None:
            return self.fault
        if self.answers <= 0:
            return TextFault()
        self.answers -= 1
        return self.fault
