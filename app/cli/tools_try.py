"""What `frontline tools try` does: one use of a tool as in a call, with all that is sent and seen kept to be shown."""

import contextlib
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from app.call.commands import RunTool
from app.call.tool_end import WORKED, ToolEnd
from app.edits import meant
from app.fittings import Reader, reader_for
from app.rehearsal.shipping import shipping_stand_in
from app.settings import Settings
from app.toolkit import Caller, close_databases
from app.toolkit.arguments import canonical, coerced, wrong_arguments
from app.toolkit.house import HOUSE
from app.toolkit.http import Hosts, close_http, read_http_tool
from app.toolkit.http.answers import Picking, at_path, paths_of
from app.toolkit.http.client import Answer, HostFailed, Request, Verdict, verdict
from app.toolkit.http.reading import locked_because, read_http_file
from app.toolkit.http.templates import Unfit
from app.toolkit.http.tool import HttpTool, runnable
from app.toolkit.ledger import known_by, use_key
from app.toolkit.loader import unknown_tool
from app.toolkit.mcp import close_mcp
from app.toolkit.runner import ToolRunner
from app.toolkit.schema import LoadedTool

MOST_PATHS = 40


class CannotTry(Exception):
    """There is nothing to try; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is tried: a tool, its arguments, and for whom. ``really``: a tool that changes something may do so."""

    name: str
    args: Mapping[str, object]
    caller: Caller
    dry: bool = False
    really: bool = False


@dataclass(slots=True)
class Trial:
    """What came of it. ``request`` has no secret in it; ``came`` is what came of each request, ``ends`` of each use."""

    loaded: LoadedTool
    given: dict[str, object]
    request: Request | None = None
    unfit: str = ""
    guard: Verdict | None = None
    rehearsed: bool = False
    came: list[Answer | Exception] = field(default_factory=list)
    ends: list[ToolEnd] = field(default_factory=list)
    kept_back: bool = False
    picking: Picking = field(default_factory=Picking)

    @property
    def ok(self) -> bool:
        if self.ends:
            return self.ends[-1].status in WORKED
        return not (self.unfit or (self.guard and self.guard.problem))


async def tried(settings: Settings, wish: Wish) -> Trial:
    """Use the tool once. Raises CannotTry or EditError."""
    try:
        async with _reader(settings) as reader:
            trial = await _prepared(reader, wish)
            trial.kept_back = trial.loaded.options.write and not (wish.really or wish.dry)
            if not wish.dry:
                await _run(trial, wish)
            return trial
    finally:
        await close_http()
        await close_mcp()
        await close_databases()


@contextlib.asynccontextmanager
async def _reader(settings: Settings) -> AsyncIterator[Reader]:
    """What reads the tools; in a rehearsal, with the sample service up."""
    reader = reader_for(settings)
    async with contextlib.AsyncExitStack() as stack:
        if settings.rehearsing:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="frontline-tools-")))
            reader.rehearse(await stack.enter_async_context(shipping_stand_in(folder)))
        yield reader


async def _prepared(reader: Reader, wish: Wish) -> Trial:
    folder = reader.settings.tools
    file = folder / f"{wish.name}.toml"
    if file.is_file():
        return await _prepared_http(reader, read_http_file(file), wish)
    if wish.name in HOUSE:
        raise CannotTry(f"{wish.name} is a tool of the house: it runs in a call only. Try it with frontline call.")
    tools, errors = reader.tools(folder)
    loaded = tools.get(wish.name)
    if loaded is None:
        complaints = "".join(f"\n{error}" for error in errors)
        raise CannotTry(unknown_tool(wish.name, tools) + complaints)
    return Trial(loaded, _given(wish, loaded.spec.parameters))


def _given(wish: Wish, schema: Mapping[str, object]) -> dict[str, object]:
    """The arguments in the tool's form. In a call one it does not know is passed over; here it is a slip of the pen."""
    known = cast(Mapping[str, object], schema.get("properties", {}))
    odd = next((name for name in wish.args if name not in known), None)
    if odd is not None:
        raise CannotTry(f'{wish.name} has no argument "{odd}". {meant(odd, known)}')
    return coerced(wish.args, schema)


async def _prepared_http(reader: Reader, tool: HttpTool, wish: Wish) -> Trial:
    hosts = Hosts(reader.settings.tool_hosts, reader.pinned)
    loaded = read_http_tool(tool.file, hosts, reader.secrets)
    trial = Trial(loaded, _given(wish, tool.parameters), picking=tool.picking)
    if not locked_because(tool, hosts, reader.secrets):
        # One that is not finished is sent, too: what comes back says what there is to choose from.
        trial.loaded = replace(loaded, function=runnable(tool, hosts, reader.secrets, note=trial.came.append))
    arguments = known_by(b"", wish.caller.call_sid, tool.name, canonical(trial.given))
    key = use_key(wish.caller, tool.name, arguments)
    trial.unfit = wrong_arguments(trial.given, tool.parameters)
    try:
        trial.request = None if trial.unfit else tool.shown(trial.given, replace(wish.caller, key=key))
    except Unfit as unfit:
        trial.unfit = f"{unfit.name} {unfit.problem}."
    trial.rehearsed = tool.target.host in hosts.pinned
    try:
        trial.guard = await verdict(tool.target, hosts)
    except HostFailed as failed:
        trial.guard = Verdict(failed.reason)
    return trial


async def _run(trial: Trial, wish: Wish) -> None:
    """Run it as in a call: what is read back first is agreed to in a later turn, where it may really be done."""
    if trial.kept_back and trial.loaded.options.confirm is None:
        return
    runner = ToolRunner({wish.name: trial.loaded}, wish.caller)
    use = RunTool("try", wish.name, wish.args, wish.caller.language, turn=1, said="")
    trial.ends.append(await runner.run(use))
    if trial.ends[-1].status == "confirm" and not trial.kept_back:
        trial.ends.append(await runner.run(replace(use, id="try-2", turn=2, said="yes")))


def answered(trial: Trial) -> list[str]:
    """The paths in the last answer, for whoever writes what the model may see of it."""
    last = _last(trial)
    return paths_of(last.data)[:MOST_PATHS] if last else []


def empty(trial: Trial) -> dict[str, str]:
    """The fields that are left out of what the model sees, with the paths at which nothing stands."""
    last = _last(trial)
    if last is None or not 200 <= last.status < 300 or last.status in trial.picking.not_found:
        return {}
    return {name: path for name, path in trial.picking.fields.items() if at_path(last.data, path) is None}


def _last(trial: Trial) -> Answer | None:
    return next((one for one in reversed(trial.came) if isinstance(one, Answer)), None)
