"""MCP servers as their files have them, and what they offer now beside what was allowed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.edits import EditError
from app.fittings import Reader
from app.toolbench.inventory import Secret, hosts_of, secrets_of, servers_in
from app.toolkit.http.hosts import target_of
from app.toolkit.mcp.comparing import Compared, compared
from app.toolkit.mcp.reading import SUFFIX, McpFile, read_mcp_file, read_mcp_place
from app.toolkit.mcp.server import Door, Offered, ServerUnfit


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
    return Server(
        *(name, file, place, allowed, off, _mistake(file)), secrets_of(place.secrets, reader, rehearsed=rehearsed)
    )


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
