"""A console with tools of its own in a folder, and lines that use some of them."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from app.check import Problem
from app.console.mount import PARTS
from app.fittings import Reader, reader_for
from app.lines.published import Published
from app.rehearsal.shipping import HOST, SECRET, ShippingStandIn
from app.settings import load
from app.store.database import Database
from app.toolkit.http import Pinned
from app.toolkit.schema import LoadedTool
from tests.console.site import Site, site

ORDERS = '''
from app.toolkit import Caller, answer, tool

DONE = []


@tool(waiting={"en": ("One moment, I look.",)})
async def stock(item: str, shop: str | None = None) -> dict[str, object]:
    """Find out how many of an item are left. Use it when the caller asks.

    Args:
        item: The item's name, in the singular.
        shop: The shop's town.
    """
    return answer(f"There are 4 of {item}.", left=4, token="tok-123")


@tool(write=True, confirm={"en": "Cancel order {number}?"})
async def cancel(number: str, caller: Caller) -> dict[str, object]:
    """Cancel an order.

    Args:
        number: The order's number.
    """
    DONE.append(number)
    return answer("It is cancelled.", times=len(DONE))
'''


@dataclass(slots=True)
class Lines:
    """The lines as the pages ask for them: `store` uses ``used``."""

    reader: Reader
    used: tuple[str, ...] = ("stock",)
    wrong: tuple[Problem, ...] = ()
    kept: Mapping[str, LoadedTool] = field(default_factory=dict)

    def all(self) -> Mapping[str, object]:
        return {"store": None}

    def states(self) -> list[Published]:
        line = SimpleNamespace(name="store", tools=self.used, look_up=None)
        return [cast(Published, SimpleNamespace(line=line, tools={}, version="f" * 64))]

    def tools(self) -> Mapping[str, LoadedTool]:
        return self.kept

    def mistakes(self) -> tuple[Problem, ...]:
        return self.wrong

    def read(self, folder: Path) -> None:
        self.kept, errors = self.reader.tools(folder)
        self.wrong = tuple(Problem(error.file, error.line, error.problem) for error in errors)


def rehearse(reader: Reader, shipping: ShippingStandIn) -> None:
    """The reader knows the sample service of this test."""
    reader.pinned[HOST] = Pinned(shipping.address, shipping.port, shipping.ca_file)
    reader.secrets[SECRET] = shipping.key


@contextlib.asynccontextmanager
async def bench(
    database: Database, folder: Path, files: Mapping[str, str], shipping: ShippingStandIn | None = None, **environ: str
) -> AsyncIterator[tuple[Site, Lines]]:
    """A console over a tools folder with these files, nobody signed in."""
    tools = folder / "tools"
    tools.mkdir()
    for name, text in files.items():
        (tools / name).write_text(text, encoding="utf-8")
    given = {"FRONTLINE_TOOLS": str(tools), **environ}
    lines = Lines(reader_for(load({"FRONTLINE_DATA": str(folder), **given}, None)))
    async with site(database, folder, PARTS, (), lines, **given) as here:
        reader = here.console.parts.reader
        if shipping is not None:
            rehearse(reader, shipping)
        lines.reader = reader
        lines.read(tools)
        yield here, lines
