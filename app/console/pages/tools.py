"""Tools: all there are, who uses them, and how their uses of the last seven days went."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from app.check import Problem
from app.console.asked import Asked
from app.console.guard import Pages
from app.console.permissions import Permission
from app.meaning.tool_week import Usage, usages
from app.store import tool_drafts, tool_uses
from app.toolbench import servers
from app.toolbench.inventory import KINDS, Known, everything, mistakes_in, used_by

DAYS: Final = 7

pages = Pages([])


@dataclass(frozen=True, slots=True)
class Row:
    """A tool in the list; ``calls`` are the addresses of the calls behind each of its figures."""

    tool: Known
    lines: Sequence[str]
    usage: Usage
    calls: Mapping[str, str]
    is_wrong: bool

    @property
    def says(self) -> str:
        """The first sentence of what the model reads."""
        return first_sentence(self.tool.spec.description)


@pages.page("/tools", Permission.SEE_TOOLS)
async def tools_listed(asked: Asked) -> Response:
    lines, since = asked.parts.lines, week(datetime.now(UTC))
    folder = asked.parts.settings.tools
    wrong = mistakes_in(folder, lines.mistakes())
    week_of = usages(await tool_uses.tallies(asked.parts.database, since))
    rows = _rows(everything(lines.tools()), used_by(lines.states()), week_of, wrong, since)
    chosen = {name: asked.query.get(name, "").strip() for name in ("words", "kind", "line")}
    return asked.show(
        "tools/list.html",
        rows=[row for row in rows if _is_wanted(row, chosen)],
        any=bool(lines.tools()),
        wrong=wrong,
        servers=await asyncio.to_thread(servers.listed, asked.parts.reader),
        chosen=chosen,
        kinds=[(kind, asked.words(f"tools.kind_{kind}")) for kind in KINDS],
        lines=sorted(lines.all()),
        days=DAYS,
        drafted=await tool_drafts.authors(asked.parts.database),
        writable=can_write(asked),
    )


def can_write(asked: Asked) -> bool:
    return asked.may(Permission.EDIT_TOOLS)


def week(now: datetime) -> datetime:
    """When the first of the seven days began, today the last of them, in UTC as the list of calls counts days."""
    return datetime.combine(now.date() - timedelta(days=DAYS - 1), time(), UTC)


def first_sentence(description: str) -> str:
    plain = " ".join(description.split())
    head, dot, _ = plain.partition(". ")
    return head + dot.strip()


def _rows(
    tools: Sequence[Known],
    used: Mapping[str, Sequence[str]],
    usage: Mapping[str, Usage],
    wrong: Sequence[Problem],
    since: datetime,
) -> list[Row]:
    files = {problem.file.name for problem in wrong if problem.severity == "error"}
    none = Usage()
    return [
        Row(
            tool,
            used.get(tool.name, ()),
            usage.get(tool.name, none),
            calls_behind(tool.name, usage.get(tool.name, none), since),
            tool.file is not None and tool.file.name in files,
        )
        for tool in tools
    ]


def calls_behind(name: str, usage: Usage, since: datetime) -> Mapping[str, str]:
    """The calls that a tool was used in, in which it failed, and in which it took as long as its p95."""
    of_tool = {"tool": name, "since": since.date().isoformat()}
    slow = {"took": f"{(usage.p95_ms or 0) / 1000:g}"}
    return {
        "uses": f"/console/calls?{urlencode(of_tool)}",
        "failed": f"/console/calls?{urlencode({**of_tool, 'errors': '1'})}",
        "slow": f"/console/calls?{urlencode({**of_tool, **slow})}",
    }


def _is_wanted(row: Row, chosen: Mapping[str, str]) -> bool:
    words = chosen["words"].casefold()
    return (
        (not chosen["kind"] or row.tool.kind == chosen["kind"])
        and (not chosen["line"] or chosen["line"] in row.lines)
        and (words in row.tool.name.casefold() or words in row.tool.spec.description.casefold())
    )
