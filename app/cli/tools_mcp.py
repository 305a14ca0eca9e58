"""`frontline tools mcp`: which MCP servers there are, what they offer, and what of it the assistant may use."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from app.cli.ends import FAILED, OK, Json, failed, wrong

if TYPE_CHECKING:
    from app.settings import Settings
    from app.toolkit.http import Hosts
    from app.toolkit.mcp.comparing import Compared
    from app.toolkit.mcp.reading import McpFile
    from app.toolkit.mcp.server import Offered

mcp_app = typer.Typer(
    help="MCP servers as a source of tools: add one, look at it, allow its tools.", no_args_is_help=True
)


Server = Annotated[str, typer.Argument(help="The server, as its file tools/<server>.mcp.toml is called.")]
Tool = Annotated[str, typer.Argument(help="The tool, as the server calls it.")]

_MARKS = {"allowed": "+", "new": " ", "changed": "!", "gone": "-", "twice": "!"}


@mcp_app.command()
def add(
    name: Annotated[str, typer.Argument(help="A name of ours for the server: a to z, 0 to 9, - and _.")],
    url: Annotated[str, typer.Option(help="Its address, such as https://mcp.example.com/mcp.")] = "",
    command: Annotated[str, typer.Option(help='What starts it here, in quotes: "warehouse-mcp --read-only".')] = "",
) -> None:
    """Write the file of a server. No tool of it is allowed yet."""
    import shlex

    from app.edits import EditError
    from app.fittings import reader_for
    from app.toolkit.mcp.reading import SUFFIX, read_mcp_file
    from app.toolkit.mcp.writing import file_of

    if bool(url) == bool(command):
        raise wrong('Write --url https://... or --command "...", one of the two.')
    settings = _settings()
    folder = settings.tools
    file = folder / f"{name}{SUFFIX}"
    if file.exists():
        raise wrong(f"There is {file} already. Change it there, or take another name.")
    if Path(name).name != name or not folder.is_dir():
        raise wrong(f"{file} cannot be written. Write a name in a to z, 0 to 9, - and _.")
    try:
        file.write_text(file_of(url, shlex.split(command)), encoding="utf-8")
        server = read_mcp_file(file)
    except (EditError, ValueError) as error:
        file.unlink(missing_ok=True)
        raise wrong(
            error.problem if isinstance(error, EditError) else f"The command cannot be read: {error}."
        ) from error
    typer.echo(f"Wrote {file}. No tool of it is allowed yet.")
    off = server.off_because(_hosts(settings), settings.mcp_commands, reader_for(settings).secrets)
    typer.echo(off or f"Look at what it offers: frontline tools mcp list {name}")


@mcp_app.command("list")
def list_tools(name: Server, as_json: Json = False) -> None:
    """Connect to a server, and show each of its tools: allowed, new, changed (and how), or gone."""
    from app.toolkit.mcp.comparing import doubts

    settings = _settings()
    found = _compared(settings, *_place(settings, name))
    if as_json:
        told = [
            {
                "name": one.name,
                "state": one.state,
                "as": one.ours,
                "pin": one.now.pin if one.now else "",
                "changes": one.changes,
                "doubts": list(doubts(one.now)) if one.now else [],
            }
            for one in found
        ]
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        typer.echo("\n".join(line for one in found for line in _row(one)) or "It offers no tool.")
    raise typer.Exit(FAILED if any(one.state in ("changed", "gone", "twice") and one.ours for one in found) else OK)


@mcp_app.command()
def allow(
    name: Server,
    tool: Tool,
    ours: Annotated[str, typer.Option("--as", help="The name the assistant knows it by.")] = "",
    write: Annotated[bool | None, typer.Option("--write/--read", help="Whether it changes something.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Show a tool, every word of it, and allow it as it is now; when it changes it is off until allowed again."""
    from app.toolbench.servers import own_name
    from app.toolkit.mcp.reading import TOOL_NAME

    settings = _settings()
    server, allowed = _place(settings, name)
    one = next((one for one in _compared(settings, server, allowed) if one.name == tool), None)
    if one is None or one.now is None or one.state == "twice":
        what = "offers it twice: which of them is meant cannot be told" if one and one.now else "does not offer it"
        raise wrong(f'The server {what}. "frontline tools mcp list {name}" shows what it offers.')
    if not ours and one.state == "new" and not TOOL_NAME.fullmatch(tool):
        ours = own_name(tool)
    changes = not one.now.reads_only if write is None else write
    _show(one, ours, changes)
    if one.state == "allowed" and _holds(server):
        typer.echo("It is allowed already, as it is.")
        raise typer.Exit(OK)
    if not yes and not typer.confirm("Allow it?", default=False):
        typer.echo("Nothing was changed.")
        raise typer.Exit(FAILED)
    _write_tool(server, one.now, ours, changes)
    typer.echo(f"Allowed. Name it in the line's tools: {ours or one.ours or tool}")


@mcp_app.command()
def off(name: Server, tool: Tool) -> None:
    """Take a tool out: the assistant has it no more."""
    from app.toolkit.mcp.writing import CannotWrite, without_tool

    server, allowed = _place(_settings(), name)
    names = [one.name for one in allowed.values()]
    if tool not in names:
        raise wrong(f"{tool} is not allowed. Allowed are: {', '.join(names) or 'none'}.")
    try:
        made = without_tool(server.file.read_text(encoding="utf-8"), tool)
    except CannotWrite as error:
        raise wrong(str(error)) from error
    server.file.write_text(made, encoding="utf-8")
    typer.echo(f"{tool} is off. Take it out of the lines that name it.")


def _compared(settings: "Settings", server: "McpFile", allowed: dict[str, "Offered"]) -> list["Compared"]:
    """What the server offers now, beside what is allowed."""
    import asyncio

    from app.fittings import reader_for
    from app.toolkit.mcp.comparing import compared
    from app.toolkit.mcp.server import ServerUnfit
    from app.toolkit.mcp.session import offered_by

    hosts = _hosts(settings)
    secrets = reader_for(settings).secrets
    off = server.off_because(hosts, settings.mcp_commands, secrets)
    if off:
        raise wrong(off)
    try:
        offered = asyncio.run(offered_by(server.door(hosts, secrets), _stderr()))
    except ServerUnfit as error:
        raise failed(f"{server.name} cannot be asked: {error}.") from error
    return compared(allowed, offered)


def _row(one: "Compared") -> list[str]:
    from app.toolkit.mcp.comparing import doubts
    from app.toolkit.mcp.shown import visible

    told = one.now or one.then
    first = visible(told.description if told else "").partition("\n")[0][:80]
    named = f" as {one.ours}" if one.ours and one.ours != one.name else ""
    rows = [f"{_MARKS[one.state]} {visible(one.name):<28} {one.state:<8}{named}  {first}"]
    rows += [f"      {change}" for change in one.changes]
    return rows + [f"    ? {doubt}" for doubt in (doubts(one.now) if one.now else ())]


def _show(one: "Compared", ours: str, write: bool) -> None:
    from app.toolkit.mcp.comparing import described, doubts
    from app.toolkit.mcp.shown import visible

    assert one.now is not None
    named = f", as {ours or one.ours}" if ours or one.ours else ""
    typer.echo(f"{visible(one.name)} ({one.state}{named}; {'changes something' if write else 'only reads'})")
    typer.echo("\n".join(f"  {line}" for line in described(one.now)))
    if one.changes:
        typer.echo("What has changed since it was allowed:")
        typer.echo("\n".join(f"  {change}" for change in one.changes))
    for doubt in doubts(one.now):
        typer.echo(f"? {doubt}")


def _write_tool(server: "McpFile", offered: "Offered", ours: str, write: bool) -> None:
    """Write the pin, and take it back if the file does not hold then."""
    from app.edits import EditError
    from app.toolkit.mcp.reading import read_mcp_file
    from app.toolkit.mcp.writing import CannotWrite, with_tool

    before = server.file.read_text(encoding="utf-8")
    try:
        server.file.write_text(with_tool(before, offered, ours, write), encoding="utf-8")
        read_mcp_file(server.file)
    except CannotWrite as error:
        raise wrong(str(error)) from error
    except EditError as error:
        typer.echo(f"Written, but it needs a line of yours:\n{error}", err=True)
        raise typer.Exit(FAILED) from error


def _holds(server: "McpFile") -> bool:
    """Whether the file is one that the app takes."""
    from app.edits import EditError
    from app.toolkit.mcp.reading import read_mcp_file

    try:
        read_mcp_file(server.file)
    except EditError:
        return False
    return True


def _place(settings: "Settings", name: str) -> tuple["McpFile", dict[str, "Offered"]]:
    """Where the server is, and what was allowed of it."""
    from app.edits import EditError
    from app.toolkit.mcp.reading import SUFFIX, read_mcp_place

    file = settings.tools / f"{name}{SUFFIX}"
    if Path(name).name != name or not file.is_file():
        known = ", ".join(sorted(one.name.removesuffix(SUFFIX) for one in settings.tools.glob(f"*{SUFFIX}")))
        raise wrong(f"There is no server {name}. There are: {known or 'none'}. Add one: frontline tools mcp add {name}")
    try:
        return read_mcp_place(file)
    except EditError as error:
        raise wrong(str(error)) from error


def _settings() -> "Settings":
    from app import cli

    return cli._settings()


def _hosts(settings: "Settings") -> "Hosts":
    from app.fittings import reader_for
    from app.toolkit.http import Hosts

    return Hosts(settings.tool_hosts, reader_for(settings).pinned)


def _stderr() -> TextIO | None:
    """Where a child process may complain: to whoever looks, if that is a real file."""
    try:
        sys.stderr.fileno()
    except (OSError, ValueError):
        return None
    return sys.stderr
