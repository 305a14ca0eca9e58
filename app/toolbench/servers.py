"""MCP servers as their files have them, and what they offer now beside what was allowed."""

import asyncio
import re
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.edits import EditError
from app.fittings import Reader
from app.toolbench.inventory import Secret, hosts_of, secrets_of, servers_in
from app.toolkit.http.hosts import target_of
from app.toolkit.mcp.comparing import Compared, compared
from app.toolkit.mcp.reading import SUFFIX, TOOL_NAME, McpFile, read_mcp_file, read_mcp_place
from app.toolkit.mcp.server import Door, Offered, ServerUnfit
from app.toolkit.mcp.writing import CannotWrite, with_tool, without_tool


class CannotAllow(Exception):
    """The file is not changed; the message says why, and what to do instead."""


class CannotAsk(Exception):
    """The server is not asked, or did not answer; the message says why, and who can change that."""


@dataclass(frozen=True, slots=True)
class Server:
    """One server. ``allowed`` are its tools by the names the assistant knows; ``problem`` is a mistake in its file."""

    name: str
    file: Path
    place: McpFile | None = None
    allowed: Mapping[str, Offered] = field(default_factory=dict)
    off: str = ""
    problem: EditError | None = None
    secrets: Sequence[Secret] = ()


def listed(reader: Reader) -> list[Server]:
    """Every server of the tools folder. Reads files."""
    return [server_of(file, reader) for file in servers_in(reader.settings.tools)]


def named(name: str, reader: Reader) -> Server | None:
    """One server, by the name of its file. Reads files."""
    file = next((file for file in servers_in(reader.settings.tools) if file.name == f"{name}{SUFFIX}"), None)
    return None if file is None else server_of(file, reader)


def server_of(file: Path, reader: Reader) -> Server:
    name = file.name.removesuffix(SUFFIX)
    try:
        place, allowed = read_mcp_place(file)
    except EditError as error:
        return Server(name, file, problem=error)
    off = place.off_because(hosts_of(reader), reader.settings.mcp_commands, reader.secrets)
    rehearsed = bool(place.url) and target_of(place.url)[0].host in reader.pinned
    secrets = secrets_of(place.secrets, reader, rehearsed=rehearsed)
    return Server(name, file, place, allowed, off, _mistake(file), secrets)


def _mistake(file: Path) -> EditError | None:
    """What is wrong with its tools, where its place can be read all the same."""
    try:
        read_mcp_file(file)
    except EditError as error:
        return error
    return None


async def asked_again(server: Server, reader: Reader) -> list[Compared]:
    """Each of its tools: allowed, new, changed or gone. Raises CannotAsk."""
    if server.place is None or server.off:
        raise CannotAsk(server.off or str(server.problem))
    offered_by = await asyncio.to_thread(_asking)
    try:
        offered = await offered_by(server.place.door(hosts_of(reader), reader.secrets))
    except ServerUnfit as error:
        raise CannotAsk(f"{server.name} cannot be asked: {error}.") from error
    return compared(server.allowed, offered)


def _asking() -> Callable[[Door], Awaitable[tuple[Offered, ...]]]:
    from app.toolkit.mcp.session import offered_by  # takes a second, that no call shall wait for

    return offered_by


async def allow(server: Server, tool: str, pin: str, ours: str, write: bool, reader: Reader) -> None:
    """Allow a tool if the server still describes it as it was read, which ``pin`` tells. Raises CannotAllow, CannotAsk.

    ``ours`` is the name the assistant knows it by; empty where it keeps the server's, or the one it had.
    """
    found = next((one for one in await asked_again(server, reader) if one.name == tool), None)
    if found is None or found.now is None or found.state == "twice":
        raise CannotAllow(f"The server does not offer {tool} now, or offers it twice.")
    if found.now.pin != pin:
        raise CannotAllow(f"The server has changed {tool} since you read it. Ask it again, and read it once more.")
    ours = ours or (own_name(tool) if found.state == "new" and not TOOL_NAME.fullmatch(tool) else "")
    await asyncio.to_thread(_allow, server.file, found.now, ours, write)


def _allow(file: Path, offered: Offered, ours: str, write: bool) -> None:
    try:
        _replace(file, with_tool(file.read_text(encoding="utf-8"), offered, ours, write))
    except (CannotWrite, OSError) as error:
        raise CannotAllow(str(error)) from error


async def take_off(server: Server, tool: str) -> None:
    """Have the assistant have it no more. Raises CannotAllow."""
    await asyncio.to_thread(_take_off, server, tool)


def _take_off(server: Server, tool: str) -> None:
    if tool not in [one.name for one in server.allowed.values()]:
        raise CannotAllow(f"{tool} is not allowed.")
    try:
        _replace(server.file, without_tool(server.file.read_text(encoding="utf-8"), tool))
    except (CannotWrite, OSError) as error:
        raise CannotAllow(str(error)) from error


def _replace(file: Path, text: str) -> None:
    """Put the text in the file's place if the house takes it: a server's tools are all lost with one mistake."""
    with tempfile.TemporaryDirectory(prefix="frontline-tools-") as folder:
        tried = Path(folder) / file.name
        tried.write_text(text, encoding="utf-8")
        if (error := _mistake(tried)) is not None:
            raise CannotAllow(f"The file would need a line of yours, so it is left as it is. {error.problem}")
    draft = file.with_name(f".{file.name}.new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)


def own_name(tool: str) -> str:
    """A name of ours from one with dots, dashes or capitals."""
    snake = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", tool).lower()).strip("_")
    return snake if snake[:1].isalpha() else f"tool_{snake}"
