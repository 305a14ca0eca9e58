"""A tool of an MCP server as the house runs it: what is sent, and what the model may see of the answer."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import orjson
import structlog

from app.toolkit.answers import clean
from app.toolkit.declare import Caller, Options, ToolError, answer
from app.toolkit.http.templates import Unfit, filled_body, placeholders
from app.toolkit.http.tool import MASK
from app.toolkit.mcp.links import link_to
from app.toolkit.mcp.server import Door, Offered, Said, ServerGone, ServerRefused, ToolOff, Wish
from app.toolkit.sentences import ANONYMOUS, BROKEN, DONE, NOTHING, SLOW, UNSURE

CALLER_WORDS = ("caller.customer", "caller.number", "caller.language", "caller.key")  # known by the house alone
LONGEST_WORDS = 600  # characters of what a server says went wrong
MARGIN_S = 0.1  # the runner waits that much longer than we do
_INVALID_PARAMS = -32602  # https://www.jsonrpc.org/specification#error_object
_SHORTEST_SECRET = 4

# Words of ours in every answer: what a server calls the same goes by another name.
_OURS = {"status": "their_status", "retryable": "their_retryable", "message": "their_message"}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class McpTool:
    """A tool that was allowed. ``fixed`` are arguments that the house gives, the model knows nothing of them."""

    name: str
    server: str
    offered: Offered
    options: Options = field(default_factory=Options)
    fixed: Mapping[str, object] = field(default_factory=dict)

    def arguments(self, args: Mapping[str, object], caller: Caller) -> dict[str, object]:
        """What is sent. Raises Unfit where the caller is not known as the file wants it."""
        known: dict[str, object] = {
            "caller.customer": caller.customer or None,
            "caller.number": caller.number if caller.number.startswith("+") else None,
            "caller.language": caller.language or "en",
            "caller.key": caller.key or None,
        }
        for name in placeholders(self.fixed):
            if known[name] is None:
                raise Unfit(name, "is not known")
        fixed = {name: filled_body(value, known) for name, value in self.fixed.items()}
        return {**args, **fixed}


def runnable(
    tool: McpTool, door: Door, pins: Iterable[tuple[str, str]], secrets: Iterable[str]
) -> Callable[..., object]:
    """The function that the tool runner calls. ``pins`` are all tools of the server that are allowed."""
    allowed = tuple(pins)
    hidden = tuple(secret for secret in secrets if len(secret) >= _SHORTEST_SECRET)

    async def run(*, caller: Caller, **args: object) -> dict[str, object]:
        try:
            given = tool.arguments(args, caller)
        except Unfit as unfit:
            raise ToolError(caller.hears(ANONYMOUS)) from unfit
        wish = Wish(tool.offered.name, tool.offered.pin, given, tool.options.write)
        said = await _used(tool, door, allowed, wish, caller)
        if said.failed:
            words = _without(hidden, clean(" ".join(said.texts))).strip()[:LONGEST_WORDS]
            raise ToolError(words or caller.hears(BROKEN), retryable=True)
        return _cleared(hidden, _answer(said, tool.options.write, caller))

    return run


async def _used(tool: McpTool, door: Door, pins: tuple[tuple[str, str], ...], wish: Wish, caller: Caller) -> Said:
    """Have it called within its time. Raises ToolError with what the assistant may say of a failure."""
    began = time.monotonic()
    link = link_to(door)
    link.watch(pins)
    try:
        async with asyncio.timeout(max(0.1, tool.options.timeout_s - MARGIN_S)):
            try:
                said = await link.use(wish)
            except ServerGone as gone:
                if gone.resting or (gone.sent and wish.write):
                    raise
                said = await link.use(wish)
    except (ServerGone, ServerRefused, ToolOff, TimeoutError) as failure:
        raise _polite(tool, failure, caller) from failure
    took_ms = round((time.monotonic() - began) * 1000)
    log.info("mcp_tool_answered", tool=tool.name, server=tool.server, took_ms=took_ms, failed=said.failed)
    return said


def _polite(tool: McpTool, failure: Exception, caller: Caller) -> ToolError:
    """What the assistant may say of a failure; the log has the rest, and neither has the server's words."""
    if isinstance(failure, ToolOff):
        return ToolError(caller.hears(BROKEN))
    said = str(failure) or "it took too long"
    log.warning("mcp_tool_failed", tool=tool.name, server=tool.server, kind=type(failure).__name__, reason=said)
    if isinstance(failure, ServerRefused):
        return ToolError(caller.hears(BROKEN), retryable=failure.code == _INVALID_PARAMS)
    slow = isinstance(failure, TimeoutError)
    if tool.options.write and (slow or (isinstance(failure, ServerGone) and failure.sent)):
        return ToolError(caller.hears(UNSURE), retryable=tool.options.idempotent, unsure=True)
    return ToolError(caller.hears(SLOW if slow else BROKEN), retryable=True)


def _answer(said: Said, write: bool, caller: Caller) -> dict[str, object]:
    """The server's data under their own names, its text as the message."""
    text, data = _text_and_data(said)
    fields = {_OURS.get(name, name): value for name, value in data.items()}
    if said.left_out:
        kinds = ", ".join(sorted(set(said.left_out)))
        fields["left_out"] = f"{len(said.left_out)} of what came cannot be said ({kinds})"
    if not text and not fields:
        return answer(caller.hears(DONE if write else NOTHING))
    return answer(text, **fields)


def _text_and_data(said: Said) -> tuple[str, Mapping[str, object]]:
    """A server that has data says it in JSON, too: that is said once."""
    data = said.data
    texts = [text for text in said.texts if text.strip()]
    if data is None and len(texts) == 1:
        parsed = _parsed(texts[0])
        if isinstance(parsed, dict):
            return "", parsed
    if data is None:
        return "\n".join(texts), {}
    told = data if isinstance(data, Mapping) else {"result": data}
    repeated = (data, told.get("result"))
    return "\n".join(text for text in texts if text not in repeated and _parsed(text) not in repeated), told


def _parsed(text: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _without(hidden: tuple[str, ...], text: str) -> str:
    """A server that sends our own secret back does not get it to the model."""
    for secret in hidden:
        text = text.replace(secret, MASK)
    return text


def _cleared(hidden: tuple[str, ...], result: dict[str, object]) -> dict[str, object]:
    written = tuple(orjson.dumps(secret).decode()[1:-1] for secret in hidden)
    cleared: dict[str, object] = orjson.loads(_without(written, orjson.dumps(result).decode()))
    return cleared
