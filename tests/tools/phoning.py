"""A call's use of the sample tools, as the model has it: guarded, read back, on databases of its own."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from types import FunctionType

from app.call.commands import RunTool
from app.call.tool_end import ToolEnd
from app.toolkit import Caller
from app.toolkit.loader import load_tools
from app.toolkit.runner import ToolRunner

TOOLS = Path(__file__).parents[2] / "tools"


class Postbox:
    """Takes the texts of a call."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    async def send(self, to: str, body: str) -> None:
        self.sent.append((to, body))


class Call:
    """One call with the tools of ``tools/``; their databases are in ``data``."""

    def __init__(
        self, data: Path, number: str = "+12125550100", call_sid: str = "CA1", language: str = "en-US"
    ) -> None:
        loaded, errors = load_tools(TOOLS, {"FRONTLINE_DATA": str(data)})
        assert errors == []
        self.post = Postbox()
        self._loaded = loaded
        self._runner = ToolRunner(loaded, Caller(number, call_sid, "line", language), texts=self.post)
        self._language = language
        self._turn = 0

    def globals_of(self, name: str) -> dict[str, object]:
        """The names in a tool's file."""
        function = self._loaded[name].function
        assert isinstance(function, FunctionType)
        return function.__globals__

    async def uses(self, name: str, said: str = "Yes, please.", /, **args: object) -> ToolEnd:
        """Use a tool after the caller has said something."""
        self._turn += 1
        return await self._runner.run(RunTool(str(self._turn), name, args, self._language, self._turn, said))

    async def agrees(self, name: str, /, **args: object) -> ToolEnd:
        """Use a tool that is read back first, and say yes."""
        asked = await self.uses(name, "I want that.", **args)
        assert asked.status == "confirm", asked
        return await self.uses(name, **args)


def rows(file: Path, query: str) -> list[tuple[object, ...]]:
    """What a database has."""
    with closing(sqlite3.connect(file)) as database:
        return database.execute(query).fetchall()


def said(end: ToolEnd) -> str:
    """The sentence of an answer."""
    return str(end.response["message"])


def shown(end: ToolEnd) -> Mapping[str, object]:
    """What the model sees besides the three words every answer has."""
    return {name: value for name, value in end.response.items() if name not in ("status", "retryable", "message")}
