"""A state of a line proven: read as callers would get it, with its mistakes and what it costs; kept while it holds."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.check import Problem
from app.lines.content import Content
from app.lines.costs import Cost, cost_of
from app.lines.folder import Signature, signature
from app.lines.published import published
from app.lines.workshop import Workshop, claimed, examined, laid_out, tools_of
from app.prompts.line import Line
from app.prompts.lines import load_lines
from app.prompts.tokens import tokens
from app.store import versions

KEPT: Final = 100  # states


@dataclass(frozen=True, slots=True)
class Proof:
    """``problems`` by the places of the files. ``line`` and ``cost`` are None for a state that cannot be read.

    ``tokens`` of what the assistant is told in each language, the tools apart.
    """

    problems: tuple[Problem, ...]
    line: Line | None = None
    cost: Cost | None = None
    tokens: Mapping[str, int] | None = None

    @property
    def mistakes(self) -> int:
        return sum(one.severity == "error" for one in self.problems)

    @property
    def hints(self) -> int:
        return len(self.problems) - self.mistakes


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a proof holds for: the state, the folders and what else is live."""

    id: str
    folders: Signature
    live: frozenset[tuple[str, str]]


class Proofs:
    """The last proofs: looking at a page proves nothing again that has not changed.

    One at a time is made, for calls go on meanwhile; whoever asks for the same one waits for it.
    """

    def __init__(self, shop: Workshop) -> None:
        self.shop = shop
        self._kept: OrderedDict[_Ground, Proof] = OrderedDict()
        self._making = asyncio.Lock()

    async def of(self, content: Content) -> Proof:
        """Raises what the database does when it is down."""
        ground = await self._ground(content)
        async with self._making:
            found = self._kept.get(ground)
            if found is None:
                found = self._kept[ground] = await prove(self.shop, content)
        self._kept.move_to_end(ground)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return found

    async def _ground(self, content: Content) -> _Ground:
        folders = await asyncio.to_thread(signature, self.shop.folders)
        live = await versions.all_live(self.shop.database)
        return _Ground(content.id, folders, frozenset((one.line, one.version) for one in live.values()))


async def prove(shop: Workshop, content: Content) -> Proof:
    """Examine a state; a number that another line has is a mistake, too."""
    found = await asyncio.to_thread(_proven, shop, content)
    others = await claimed(shop, content)
    return Proof((*found.problems, *others), found.line, found.cost, found.tokens)


def _proven(shop: Workshop, content: Content) -> Proof:
    folder = tools_of(shop)
    with laid_out(content) as home:
        own, _ = shop.read_tools(home / "tools")  # before the folder's own are put beside them
        lines, _ = load_lines(home / "prompts")
        problems = tuple(examined(shop, content, home))
    line = lines.get(content.line)
    if line is None:
        return Proof(problems)
    ours = {name: tool for name, tool in folder.items() if name in content.tools}
    cost = cost_of(published(line, content, {**ours, **own}), shop.model, shop.prices)
    return Proof(problems, line, cost, {tag: tokens(text) for tag, text in line.instructions.items()})
