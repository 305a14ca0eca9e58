"""A house with one line in its folders, a database, and the work on it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from app.check import check
from app.lines import publishing, workshop
from app.lines.live import LiveLines
from app.lines.published import Folders, Published
from app.lines.workshop import Workshop
from app.store import versions
from app.store.database import Database
from app.toolkit.http import Hosts
from app.toolkit.loader import load_tools
from tests.prompts.planting import Edit, plant

TOOL = '''\
"""Parcels."""

from app.toolkit import answer, tool


@tool
async def find_parcel(number: str) -> dict[str, object]:
    """Where a parcel is.

    Args:
        number: the parcel's number
    """
    return answer("It is here.")
'''
HTTP_TOOL = """\
description = "Where a parcel is."
method = "GET"
url = "https://carrier.example/parcels/{number}"

[parameters.number]
type = "string"
description = "The parcel's number."

[response.fields]
state = "state"
"""
ENGLISH = "---\ngreeting: Hello, I'm an AI assistant.\n---\n{words}\n"
READ_TOOLS = partial(load_tools, hosts=Hosts(frozenset({"carrier.example"})))
EXAMINE = partial(check, backend="developer", read_tools=READ_TOOLS)


class Clock:
    """Time that passes when somebody pauses."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._asked = 0

    def wall(self) -> datetime:
        """A minute later each time."""
        self._asked += 1
        return datetime(2026, 11, 23, 12, tzinfo=UTC) + timedelta(minutes=self._asked)

    async def pause(self, seconds: float) -> None:
        self.now_s += seconds
        await asyncio.sleep(0)


@dataclass
class House:
    """``folder`` has prompts/ and tools/; several databases and several LiveLines are several processes."""

    folder: Path
    database: Database
    clock: Clock = field(default_factory=Clock)

    @property
    def folders(self) -> Folders:
        return Folders(self.folder / "prompts", self.folder / "tools", self.folder / "data" / "versions")

    @property
    def shop(self) -> Workshop:
        return Workshop(self.database, self.folders, READ_TOOLS, EXAMINE, wall=self.clock.wall)

    def lines(
        self,
        database: Database | None = None,
        on_change: Callable[[Published], None] = lambda _: None,
    ) -> LiveLines:
        """What is live, as a process that starts now has it."""
        lines = LiveLines(
            self.folders,
            database or self.database,
            READ_TOOLS,
            EXAMINE,
            on_change=on_change,
            pause=self.clock.pause,
        )
        lines.start()
        return lines

    def edit(self, place: str, edit: Edit) -> None:
        """Change a file of the folders, as an editor does."""
        file = self.folder / place
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(edit(text), encoding="utf-8")


def url_in(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder / 'data' / 'frontline.db'}"


def build(folder: Path) -> House:
    """A house whose line ``shop`` has a Python tool."""
    plant(folder, {"shop/line.toml": lambda text: text.replace('"end_call"', '"end_call", "find_parcel"')})
    (folder / "tools").mkdir()
    (folder / "tools" / "parcels.py").write_text(TOOL, encoding="utf-8")
    return House(folder, Database(url_in(folder)))


async def write(house: House, words: str, author: str = "ana", revision: int | None = None) -> versions.Draft:
    text = ENGLISH.format(words=words)
    return await workshop.set_file(house.shop, "shop", "en-US.md", text, author, revision)


async def publish(house: House, words: str, author: str = "ana") -> publishing.Moved:
    await workshop.begin_draft(house.shop, "shop", "live", author)
    await write(house, words, author)
    return await publishing.publish(house.shop, "shop", "draft", words, author)


async def words_of(house: House, name: str = "live") -> str:
    content = await workshop.named(house.shop, "shop", name)
    return content.files["prompts/shop/en-US.md"].splitlines()[-1]
