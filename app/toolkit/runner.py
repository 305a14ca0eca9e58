"""Runs the tools of one call: guarded by who the caller is, and every end is an answer the model can go on with."""

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import cast

import structlog

from app.call.commands import RunTool
from app.call.past import Used
from app.call.tool_end import ToolEnd
from app.toolkit.answers import Answer, clean, failed, has_effect, is_unknown, shaped
from app.toolkit.arguments import canonical, coerced, member, wrong_arguments
from app.toolkit.declare import Caller, Identified, NotIdentified, ToolError, answer
from app.toolkit.fakes import faked
from app.toolkit.guard import Guard, is_wrong
from app.toolkit.house import BY_TEXT, HOUSE
from app.toolkit.house_run import house_run
from app.toolkit.ledger import Ledger, Write, known_by, use_key
from app.toolkit.leftovers import WRITE_ON_S, let_end, stop, too_many
from app.toolkit.readback import ReadBacks, read_back
from app.toolkit.schema import LoadedTool
from app.toolkit.sentences import BROKEN, DONE, SLOW, UNSURE
from app.toolkit.spec import ToolSpec
from app.toolkit.standing import Standing
from app.toolkit.texts import Texts

RETRY_AFTER_S = 0.1  # doubled each time

log = structlog.get_logger(__name__)

_NONE: Mapping[str, str] = MappingProxyType({})
_NO_FAKES: Mapping[str, Mapping[str, object]] = MappingProxyType({})
_READ_BACK_FIRST = (
    "Nothing was done yet. Say the message to the caller, wait for the answer, and only when they agree call the tool "
    "again with exactly these arguments."
)
_CALLER_REFUSED = "The caller did not agree, so nothing was done. Ask what they would like instead."
_IT_MAY_BE_DONE = (
    "It may have been done; do not do it again without checking. The same call with exactly these arguments does not "
    "do it twice: it tells how it ended, where that is known by then."
)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a tool's function ended: what it gave, or that it broke; ``result`` is what it returned."""

    answer: Answer
    status: str = "ok"
    broken: bool = False
    result: object = None


class ToolRunner:
    """The tools of one call, for one caller: of a level reached before, if ``caller`` says so.

    ``fakes`` are answers given instead of running a tool; the guard holds for them all the same. ``offered`` are the
    line's tools, as far as a refusal may point to them; none is all. ``secret`` is the same in every process that may
    go on with the call: it keeps what arguments are known by from being tried out.
    """

    def __init__(
        self,
        tools: Mapping[str, LoadedTool],
        caller: Caller,
        *,
        texts: Texts | None = None,
        links: Mapping[str, str] = _NONE,
        fakes: Mapping[str, Mapping[str, object]] = _NO_FAKES,
        offered: Sequence[str] = (),
        secret: bytes = b"",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        standing = Standing(caller.level, caller.customer)
        every = {**tools, **house_run(standing, texts, links, clock)}
        self._tools = {name: faked(loaded, fakes.get(name)) for name, loaded in every.items()}
        off = {name for name, loaded in tools.items() if loaded.off}
        self._unable = (off if texts else off | BY_TEXT) - fakes.keys()
        self._caller = caller
        self._secret = secret
        self._standing = standing
        self._guard = Guard(standing, [tool for name, tool in self._tools.items() if name in offered or not offered])
        self._read_backs = ReadBacks()
        self._ledger = Ledger()
        self._cut_off: set[str] = (
            set()
        )  # keys of writes begun in a process that is gone, to be sent out again as they are

    def remember(self, uses: Sequence[Used]) -> None:
        """Take over what this call's tools did in another process, in its order: who the caller is, and every write."""
        read_back: set[str] = set()
        for use in uses:
            loaded = self._tools.get(use.name)
            if loaded is None:
                continue
            again = RunTool("", use.name, use.args, known_by=use.known_by)
            # Told by its end, it is the very key of then: since, it may have come out who the customer is.
            told = use.end.key if use.end is not None else ""
            keys = {told, self._caller_of(again, coerced(use.args, loaded.spec.parameters)).key} - {""}
            if use.end is not None:
                self._standing.remember(loaded.options.identifies, use.end)
            if loaded.options.write:
                self._remember_write(loaded, keys, use, read_back)

    def _remember_write(self, loaded: LoadedTool, keys: set[str], use: Used, read_back: set[str]) -> None:
        end = use.end
        if end is not None and end.status == "confirm":
            read_back |= keys
        elif end is not None and end.status == "ok" and has_effect(end.response):
            for key in keys:
                self._ledger.done(key, dict(end.response))
        elif (end is None or is_unknown(end.response)) and (loaded.options.confirm is None or keys & read_back):
            self._cut_off |= keys

    def known_by(self, use: RunTool) -> str:
        """What stands for the arguments of a use where they must not: the same for the same, and nobody can tell them.

        For any thread.
        """
        loaded = self._tools.get(use.name)
        return "" if loaded is None else self._known_by(use, coerced(use.args, loaded.spec.parameters))

    def _known_by(self, use: RunTool, given: Mapping[str, object]) -> str:
        return known_by(self._secret, self._caller.call_sid, use.name, canonical(given))

    def specs(self, names: Sequence[str]) -> tuple[ToolSpec, ...]:
        """What the model is told of these tools, house tools included.

        Left out are names nobody knows, tools that are off, and what needs texts where none can be sent.
        """
        known = {**HOUSE, **{name: loaded.spec for name, loaded in self._tools.items()}}
        return tuple(known[name] for name in names if name in known and name not in self._unable)

    async def run(self, use: RunTool) -> ToolEnd:
        """Run a tool to its end. Raises nothing but CancelledError; a write goes on all the same."""
        try:
            return await self._run(use)
        except Exception as error:  # noqa: BLE001 - a schema or a sentence of a tool that nobody checked
            log.error("tool_unfit", tool=clean(use.name)[:60], error=type(error).__name__, at=_place(error))
            return self._end(failed(self._caller.hears(BROKEN)), "error")

    async def _run(self, use: RunTool) -> ToolEnd:
        loaded = self._tools.get(use.name)
        if loaded is None:
            return self._end(failed(f"There is no tool {clean(use.name)[:60]}. Help the caller without it."), "error")
        given = coerced(use.args, loaded.spec.parameters)
        caller = self._caller_of(use, given)
        refused = self._guard.refusal(loaded, caller)
        if refused:
            return self._end(refused, "refused")
        wrong = wrong_arguments(given, loaded.spec.parameters)
        if wrong:
            return self._end(failed(wrong, retryable=True), "error")
        if loaded.options.write:
            return await self._write(loaded, given, caller, use)
        if loaded.options.identifies:
            return await self._identify(loaded, given, caller)
        ended = await _read(loaded, given, caller)
        return self._end(ended.answer, ended.status)

    def _caller_of(self, use: RunTool, given: Mapping[str, object]) -> Caller:
        caller = replace(
            self._caller,
            language=use.language or self._caller.language,
            level=self._standing.level,
            customer=self._standing.customer,
        )
        return replace(caller, key=use_key(caller, use.name, use.known_by or self._known_by(use, given)))

    def _end(
        self, said: Answer, status: str = "ok", *, effect: bool = False, key: str = "", flags: tuple[str, ...] = ()
    ) -> ToolEnd:
        who = self._standing
        return ToolEnd(said, status, who.level, effect, key, flags, who.customer, who.phone)

    async def _identify(self, loaded: LoadedTool, given: Mapping[str, object], caller: Caller) -> ToolEnd:
        """Run a tool that finds out who is calling; what it finds stays here."""
        begun = self._guard.begin(loaded)
        if not begun:
            return self._end(failed("One try at a time. Wait for the answer to the one before."), "refused")
        ended = Ended({})
        try:
            ended = await _read(loaded, given, caller)
        finally:
            found = self._guard.end(loaded, ended.result, caller)
        if found is None:
            return self._end(ended.answer, ended.status)
        return self._end(found.answer, found.status, flags=found.flags)

    async def _write(self, loaded: LoadedTool, given: Mapping[str, object], caller: Caller, use: RunTool) -> ToolEnd:
        """Do it once: after it was agreed to, and joined where it is under way."""
        write = self._ledger.standing(caller.key)
        if write is None or (loaded.options.again and write.over):
            again = caller.key in self._cut_off  # the caller has agreed to it already
            asked = None if again else self._asked(loaded, given, caller, use)
            if asked:
                return asked
            if _refused_for_leftovers(loaded):
                return self._end(failed(caller.hears(BROKEN)), "error", key=caller.key)
            write = self._ledger.enter(caller.key, _begun(loaded, given, caller))
        return await self._joined(write, loaded, caller)

    def _asked(self, loaded: LoadedTool, given: Mapping[str, object], caller: Caller, use: RunTool) -> ToolEnd | None:
        """The answer that a read-back is wanted, or that the caller did not agree; None when it may be done."""
        if loaded.options.confirm is None:
            return None
        sentence = read_back(loaded, given, caller)
        translated = not {caller.language, caller.language.split("-")[0]} & loaded.options.confirm.keys()
        match self._read_backs.stand(use, caller.key, caller.language, sentence, translated=translated):
            case "agreed":
                return None
            case "refused":
                said = {"status": "refused", "retryable": False, "message": _CALLER_REFUSED}
                return self._end(said, "refused", key=caller.key)
        said = {"status": "confirm", "retryable": True, "message": sentence, "instruction": _READ_BACK_FIRST}
        return self._end(said, "confirm", key=caller.key)

    async def _joined(self, write: Write, loaded: LoadedTool, caller: Caller) -> ToolEnd:
        """Wait for a write; whoever stops waiting leaves it to its end."""
        name, limit_s = loaded.spec.name, loaded.options.timeout_s
        if write.task is None:
            return self._end(write.answer or {}, effect=write.tell(), key=caller.key)
        try:
            done, _ = await asyncio.wait({write.task}, timeout=limit_s)
        except asyncio.CancelledError:
            let_end(write.task, name, limit_s + WRITE_ON_S)
            raise
        if done:
            return self._settled(write, write.task, loaded, caller)
        let_end(write.task, name, WRITE_ON_S)
        log.warning("tool_timeout", tool=name, limit_s=limit_s)
        return self._end(_unsure(caller), "timeout", key=caller.key)

    def _settled(self, write: Write, task: asyncio.Task[object], loaded: LoadedTool, caller: Caller) -> ToolEnd:
        if write.answer is None and not write.unsure:
            ended = _ended(task, loaded, caller)
            if ended.broken and not loaded.options.idempotent:
                write.unsure = True
            elif not ended.broken and ended.status == "ok" and has_effect(ended.answer):
                write.answer = ended.answer
            else:
                self._ledger.forget(caller.key, write)
                said = _unsure(caller, retryable=True) if ended.broken else ended.answer
                return self._end(said, ended.status, key=caller.key)
        if write.answer is None:
            return self._end(_unsure(caller), "error", key=caller.key)
        return self._end(write.answer, effect=write.tell(), key=caller.key)


async def _read(loaded: LoadedTool, given: Mapping[str, object], caller: Caller) -> Ended:
    """Run a tool that changes nothing; out of time, it is told to stop."""
    name = loaded.spec.name
    if _refused_for_leftovers(loaded):
        return Ended(failed(caller.hears(BROKEN)), "error", broken=True)
    task = _begun(loaded, given, caller)
    try:
        done, _ = await asyncio.wait({task}, timeout=loaded.options.timeout_s)
    except asyncio.CancelledError:
        stop(task, name)
        raise
    if done:
        return _ended(task, loaded, caller)
    stop(task, name)
    log.warning("tool_timeout", tool=name, limit_s=loaded.options.timeout_s)
    return Ended(failed(caller.hears(SLOW)), "timeout", broken=True)


def _begun(loaded: LoadedTool, given: Mapping[str, object], caller: Caller) -> asyncio.Task[object]:
    """The tool, in a task of its own: one that does not stop is let go of, a write is let come to its end."""
    return asyncio.create_task(_called(loaded, given, caller))


async def _called(loaded: LoadedTool, given: Mapping[str, object], caller: Caller) -> object:
    """Call the function, again where it may be and fails."""
    wait_s = RETRY_AFTER_S
    for _ in range(loaded.options.retries):
        try:
            return await cast(Awaitable[object], loaded.function(**_arguments(loaded, given, caller)))
        except Exception as error:
            if isinstance(error, ToolError) and not error.retryable:
                raise
            log.info("tool_retried", tool=loaded.spec.name, error=type(error).__name__)
        await asyncio.sleep(wait_s)
        wait_s *= 2
    return await cast(Awaitable[object], loaded.function(**_arguments(loaded, given, caller)))


def _ended(task: asyncio.Task[object], loaded: LoadedTool, caller: Caller) -> Ended:
    try:
        result = task.result()
        return Ended(_told(result, loaded, caller), result=result)
    except ToolError as error:
        unsure = error.unsure and loaded.options.write
        return Ended(failed(clean(error.message), retryable=error.retryable), "error", broken=unsure)
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - whatever a tool raises, the call goes on
        log.warning("tool_failed", tool=loaded.spec.name, error=type(error).__name__, at=_place(error))
        if loaded.options.write and _came_back(task):
            return Ended(answer(caller.hears(DONE)))  # it was done: only what it says of it cannot be shown
        return Ended(failed(caller.hears(BROKEN)), "error", broken=True)


def _told(result: object, loaded: LoadedTool, caller: Caller) -> Answer:
    """What the model may see of a result: of who was found, the words only."""
    options = loaded.options
    if isinstance(result, NotIdentified) and options.identifies:
        return {}
    if isinstance(result, Identified) and options.identifies:
        return shaped(answer(result.message, **result.data), caller, options.fields)
    if isinstance(result, Identified | NotIdentified):
        raise TypeError("only a tool with identifies may say who is calling")
    if options.identifies and not is_wrong(result):
        raise TypeError("a tool with identifies returns identified(...) or not_identified()")
    return shaped(result, caller, options.fields, write=options.write)


def _came_back(task: asyncio.Task[object]) -> bool:
    return not task.cancelled() and task.exception() is None


def _arguments(loaded: LoadedTool, given: Mapping[str, object], caller: Caller) -> dict[str, object]:
    filled = {name: member(loaded.enums.get(name), value) for name, value in given.items()}
    if loaded.caller_parameter:
        filled[loaded.caller_parameter] = caller
    return filled


def _unsure(caller: Caller, *, retryable: bool = False) -> Answer:
    return failed(caller.hears(UNSURE), retryable=retryable, outcome="unknown", instruction=_IT_MAY_BE_DONE)


def _refused_for_leftovers(loaded: LoadedTool) -> bool:
    if not too_many():
        return False
    log.error("tool_refused", tool=loaded.spec.name)
    return True


def _place(error: BaseException) -> str:
    """Where in the tool's own file it failed; the error's words stay out, they may be the caller's."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    return f"{frames[0].filename}:{frames[0].lineno}" if frames else ""
