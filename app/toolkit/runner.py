"""Runs the tools of one call: every end is an answer the model can go on with."""

import asyncio
import enum
import traceback
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from typing import cast

import orjson
import structlog
from jsonschema import Draft202012Validator

from app.toolkit.declare import Caller, ToolError, answer
from app.toolkit.house import HOUSE
from app.toolkit.schema import LoadedTool
from app.toolkit.spec import ToolSpec

ANSWER_BYTES = 8 * 1024
MOST_LEFTOVERS = 50  # tools that were told to stop and go on: above it no other is begun
LATE_S = 0.25  # a tool that stops within this did as it was told

log = structlog.get_logger(__name__)

_BROKEN = {
    "en": "I'm sorry, I can't get to that right now.",
    "es": "Lo siento, en este momento no puedo consultarlo.",
}
_SLOW = {
    "en": "I'm sorry, that is taking too long right now.",
    "es": "Lo siento, eso está tardando demasiado en este momento.",
}
_DONE = {"en": "Done.", "es": "Listo."}
_leftovers: set[asyncio.Task[object]] = set()  # of the whole process: nobody else holds them


class ToolRunner:
    """The tools of one call, for one caller."""

    def __init__(self, tools: Mapping[str, LoadedTool], caller: Caller) -> None:
        self._tools = tools
        self._caller = caller

    def specs(self, names: Sequence[str]) -> tuple[ToolSpec, ...]:
        """What the model is told of these tools, house tools included; names nobody knows are left out."""
        known = {**{name: loaded.spec for name, loaded in self._tools.items()}, **HOUSE}
        return tuple(known[name] for name in names if name in known)

    async def run(self, name: str, args: Mapping[str, object], language: str = "") -> tuple[Mapping[str, object], str]:
        """Run a tool to its end: the answer for the model, and ``ok``, ``error`` or ``timeout``.

        ``language`` is what the caller speaks now (BCP-47), where that is known. Raises nothing but CancelledError.
        """
        loaded = self._tools.get(name)
        if loaded is None:
            return _failed(f"There is no tool {_clean(name)[:60]}. Help the caller without it."), "error"
        given = _coerced(args, loaded.spec.parameters)
        wrong = _wrong_arguments(given, loaded.spec.parameters)
        if wrong:
            return _failed(wrong, retryable=True), "error"
        caller = replace(self._caller, language=language) if language else self._caller
        return await _run(loaded, given, caller)


async def _run(loaded: LoadedTool, given: Mapping[str, object], caller: Caller) -> tuple[Mapping[str, object], str]:
    """Run a tool as a task of its own: one that does not stop when told to keeps nobody waiting."""
    name = loaded.spec.name
    if len(_leftovers) >= MOST_LEFTOVERS:
        log.error("tool_refused", tool=name, leftovers=len(_leftovers))
        return _failed(caller.hears(_BROKEN)), "error"
    task = asyncio.create_task(_called(loaded, given, caller))
    try:
        done, _ = await asyncio.wait({task}, timeout=loaded.options.timeout_s)
    except asyncio.CancelledError:
        _leave(task, name)
        raise
    if done:
        return _ended(task, name, caller)
    _leave(task, name)
    log.warning("tool_timeout", tool=name, limit_s=loaded.options.timeout_s)
    return _failed(caller.hears(_SLOW)), "timeout"


async def _called(loaded: LoadedTool, given: Mapping[str, object], caller: Caller) -> object:
    return await cast(Awaitable[object], loaded.function(**_arguments(loaded, given, caller)))


def _ended(task: asyncio.Task[object], name: str, caller: Caller) -> tuple[Mapping[str, object], str]:
    try:
        return _answer(task.result(), caller), "ok"
    except ToolError as error:
        return _failed(_clean(error.message), retryable=error.retryable), "error"
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - whatever a tool raises, the call goes on
        log.warning("tool_failed", tool=name, error=type(error).__name__, at=_place(error))
        return _failed(caller.hears(_BROKEN)), "error"


def _leave(task: asyncio.Task[object], name: str) -> None:
    """Tell a tool to stop, and wait for it where nobody else has to."""
    task.cancel()
    _leftovers.add(task)
    loop = asyncio.get_running_loop()
    left_at = loop.time()

    def reap(task: asyncio.Task[object]) -> None:
        _leftovers.discard(task)
        failed = None if task.cancelled() else task.exception()
        late_s = round(loop.time() - left_at, 3)
        if failed is not None or late_s >= LATE_S:
            log.warning("tool_ended_late", tool=name, late_s=late_s, error=type(failed).__name__ if failed else "")

    task.add_done_callback(reap)


def _arguments(loaded: LoadedTool, given: Mapping[str, object], caller: Caller) -> dict[str, object]:
    filled = {name: _member(loaded.enums.get(name), value) for name, value in given.items()}
    if loaded.caller_parameter:
        filled[loaded.caller_parameter] = caller
    return filled


def _answer(result: object, caller: Caller) -> dict[str, object]:
    """The result as the model may see it: plain JSON, small, with the three words every answer has."""
    # What JSON cannot carry raises TypeError here, and becomes the answer of a broken tool.
    plain: object = orjson.loads(orjson.dumps(result, default=_plain))
    said = _worded(_cleaned(plain), caller)
    size = len(orjson.dumps(said))
    if size > ANSWER_BYTES:
        raise ValueError(f"an answer of {size} bytes, {ANSWER_BYTES} are allowed")
    return said


def _worded(result: object, caller: Caller) -> dict[str, object]:
    if isinstance(result, dict):
        return {"status": "ok", "retryable": False, "message": "", **result}
    if isinstance(result, str):
        return answer(result)
    return answer(caller.hears(_DONE)) if result is None else answer("", result=result)


def _failed(message: str, *, retryable: bool = False) -> dict[str, object]:
    return {"status": "error", "retryable": retryable, "message": message}


def _wrong_arguments(given: Mapping[str, object], schema: Mapping[str, object]) -> str:
    """What is wrong with the arguments, told to the model; empty when nothing is."""
    properties = cast(Mapping[str, Mapping[str, object]], schema.get("properties", {}))
    missing = [name for name in cast(Sequence[str], schema.get("required", ())) if name not in given]
    if missing:
        told = "; ".join(f"{name} ({properties[name].get('description', '')})" for name in missing)
        return f"Missing: {told}. Ask the caller for it, then call the tool again."
    for error in Draft202012Validator(schema).iter_errors(dict(given)):
        name = str(error.absolute_path[0]) if error.absolute_path else ""
        wanted = properties.get(name, {})
        choices = wanted.get("enum")
        form = f"one of {', '.join(cast(Sequence[str], choices))}" if choices else f"of type {wanted.get('type')}"
        return f"{name} must be {form} ({wanted.get('description', '')}). Call the tool again with that."
    return ""


def _coerced(args: Mapping[str, object], schema: Mapping[str, object]) -> dict[str, object]:
    """The arguments the tool knows, in the form it wants where that is certain; nulls are left out."""
    properties = cast(Mapping[str, Mapping[str, object]], schema.get("properties", {}))
    return {
        name: _in_form(_cleaned(args[name]), str(properties[name].get("type")))
        for name in properties
        if args.get(name) is not None
    }


def _in_form(value: object, wanted: str) -> object:
    if wanted == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        return str(int(value)) if float(value).is_integer() else str(value)
    if wanted == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    if wanted == "integer" and isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    if wanted == "string" and isinstance(value, str):
        return value.strip()
    return value


def _member(kind: type[enum.Enum] | None, value: object) -> object:
    return value if kind is None else kind(value)


def _plain(value: object) -> object:
    """What orjson does not know: sets as lists, decimals and the like by their own text."""
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    if hasattr(value, "as_integer_ratio"):
        return float(cast(float, value))
    raise TypeError(f"{type(value).__name__} is not JSON")


def _cleaned(value: object) -> object:
    """The value without control characters: what a tool brings is data, and stays on its lines."""
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, dict):
        return {_clean(str(key)): _cleaned(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(inner) for inner in value]
    return value


def _clean(text: str) -> str:
    """Text without control characters: line breaks and tabs become spaces."""
    if text.isprintable():
        return text
    return "".join(" " if character in "\r\n\t" else character for character in text if _kept(character))


def _kept(character: str) -> bool:
    return character in "\r\n\t" or not (ord(character) < 32 or 127 <= ord(character) < 160)


def _place(error: BaseException) -> str:
    """Where in the tool's own file it failed; the error's words stay out, they may be the caller's."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    return f"{frames[0].filename}:{frames[0].lineno}" if frames else ""
