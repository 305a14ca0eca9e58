"""What a server offers now beside what was allowed: for whoever decides about it."""

import difflib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from app.toolkit.mcp.server import Offered
from app.toolkit.mcp.shown import texts_in, visible, warnings
from app.toolkit.mcp.told import Untellable, told

State = Literal["allowed", "new", "changed", "gone", "twice"]


@dataclass(frozen=True, slots=True)
class Compared:
    """One tool. ``now`` is what the server offers, ``then`` what was allowed; ``ours`` the name it is used by."""

    name: str
    state: State
    now: Offered | None = None
    then: Offered | None = None
    ours: str = ""

    @property
    def changes(self) -> list[str]:
        """What has changed, line by line, with everything unseen written out."""
        return list(_changes(self.then, self.now)) if self.then and self.now and self.state == "changed" else []


def compared(allowed: Mapping[str, Offered], offered: Sequence[Offered]) -> list[Compared]:
    """Every tool that is allowed (by the name it is used by) or offered, by its name."""
    times = Counter(one.name for one in offered)
    now = {one.name: one for one in offered}
    ours = {then.name: name for name, then in allowed.items()}
    then = {one.name: one for one in allowed.values()}
    names = sorted({*now, *then})
    return [
        Compared(
            name, _state(times[name], now.get(name), then.get(name)), now.get(name), then.get(name), ours.get(name, "")
        )
        for name in names
    ]


def _state(times: int, now: Offered | None, then: Offered | None) -> State:
    if now is None:
        return "gone"
    if times > 1:
        return "twice"
    if then is None:
        return "new"
    return "allowed" if now.pin == then.pin else "changed"


def doubts(offered: Offered) -> Iterator[str]:
    """What to look at twice before allowing a tool, and what Live cannot be told of it."""
    yield from warnings(offered.description)
    inner = (f"In the schema: {warning}" for text in texts_in(offered.schema) for warning in warnings(text))
    yield from dict.fromkeys(inner)
    yield from (f"In the name: {warning}" for warning in warnings(offered.name))
    if not offered.description.strip():
        yield 'The server does not say what it is for: told = "when the model uses it" has to be written into the file.'
    try:
        told(offered.schema)
    except Untellable as untellable:
        yield f"Live cannot take {untellable.argument or 'the schema'}, which {untellable.problem}."


def described(offered: Offered) -> list[str]:
    """A tool for people to read: every word of it, with everything unseen written out."""
    return [*visible(offered.description).splitlines(), *_schema(offered)]


def _schema(offered: Offered) -> list[str]:
    return json.dumps(offered.schema, indent=2).splitlines()


def _changes(then: Offered, now: Offered) -> Iterator[str]:
    yield from _different(visible(then.description).splitlines(), visible(now.description).splitlines())
    yield from _different(_sorted(then), _sorted(now))


def _sorted(offered: Offered) -> list[str]:
    return json.dumps(offered.schema, indent=2, sort_keys=True).splitlines()


def _different(then: Iterable[str], now: Iterable[str]) -> Iterator[str]:
    lines = difflib.unified_diff(list(then), list(now), lineterm="", n=0)
    return (line for line in lines if not line.startswith(("---", "+++", "@@")))
