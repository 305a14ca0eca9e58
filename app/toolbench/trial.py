"""One use of a tool as in a call, with all that is sent and seen kept to be shown, on a terminal or on a page."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from app.call.commands import RunTool
from app.call.tool_end import WORKED, ToolEnd
from app.edits import meant
from app.fittings import Reader
from app.toolkit import Caller
from app.toolkit.arguments import canonical, coerced, wrong_arguments
from app.toolkit.house import HOUSE
from app.toolkit.http import Hosts, read_http_tool
from app.toolkit.http.answers import Picking, at_path, paths_of
from app.toolkit.http.breaker import HostFailed, HostResting
from app.toolkit.http.client import Answer, AnswerUnfit, Clients, Request, Verdict, verdict
from app.toolkit.http.reading import locked_because, read_http_file
from app.toolkit.http.templates import Unfit
from app.toolkit.http.tool import HttpTool, runnable
from app.toolkit.ledger import known_by, use_key
from app.toolkit.loader import unknown_tool
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
    took_ms: int = 0
    picking: Picking = field(default_factory=Picking)

    @property
    def ok(self) -> bool:
        if self.ends:
            return self.ends[-1].status in WORKED
        return not (self.unfit or (self.guard and self.guard.problem))


async def tried(reader: Reader, wish: Wish, tools: Mapping[str, LoadedTool] | None = None) -> Trial:
    """Use the tool once. Raises CannotTry or EditError.

    ``tools`` are those of the house that are loaded already; without them, and for HTTP tools, the folder is read.
    """
    own = Clients()  # a host that fails here is not left alone by calls for it
    try:
        trial = await _prepared(reader, wish, tools, own)
        trial.kept_back = trial.loaded.options.write and not (wish.really or wish.dry)
        if not wish.dry:
            began = time.monotonic()
            await _run(trial, wish)
            trial.took_ms = round((time.monotonic() - began) * 1000)
        return trial
    finally:
        await own.close()


async def _prepared(reader: Reader, wish: Wish, tools: Mapping[str, LoadedTool] | None, own: Clients) -> Trial:
    folder = reader.settings.tools
    file = folder / f"{wish.name}.toml"
    if file.is_file():
        return await _prepared_http(reader, read_http_file(file), wish, own)
    if wish.name in HOUSE:
        raise CannotTry(f"{wish.name} is a tool of the house: it runs in a call only. Try it with frontline call.")
    known, errors = (tools, []) if tools is not None else reader.tools(folder)
    loaded = known.get(wish.name)
    if loaded is None:
        complaints = "".join(f"\n{error}" for error in errors)
        raise CannotTry(unknown_tool(wish.name, dict(known)) + complaints)
    return Trial(loaded, _given(wish, loaded.spec.parameters))


def _given(wish: Wish, schema: Mapping[str, object]) -> dict[str, object]:
    """The arguments in the tool's form. In a call one it does not know is passed over; here it is a slip of the pen."""
    known = cast(Mapping[str, object], schema.get("properties", {}))
    odd = next((name for name in wish.args if name not in known), None)
    if odd is not None:
        raise CannotTry(f'{wish.name} has no argument "{odd}". {meant(odd, known)}')
    return coerced(wish.args, schema)


async def _prepared_http(reader: Reader, tool: HttpTool, wish: Wish, own: Clients) -> Trial:
    hosts = Hosts(reader.settings.tool_hosts, reader.pinned)
    loaded = read_http_tool(tool.file, hosts, reader.secrets)
    trial = Trial(loaded, _given(wish, tool.parameters), picking=tool.picking)
    if not locked_because(tool, hosts, reader.secrets):
        # One that is not finished is sent, too: what comes back says what there is to choose from.
        run = runnable(tool, hosts, reader.secrets, note=trial.came.append, connections=lambda: own)
        trial.loaded = replace(loaded, function=run)
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


def problem_of(came: Exception) -> str:
    """What went wrong with a request, for whoever tries the tool."""
    if isinstance(came, HostResting):
        return "the host failed too often and rests"
    return str(getattr(came, "reason", came))


def was_sent(came: Answer | Exception) -> bool:
    """Whether a request went out before this came of it."""
    return isinstance(came, Answer | AnswerUnfit) or (isinstance(came, HostFailed) and came.sent)
