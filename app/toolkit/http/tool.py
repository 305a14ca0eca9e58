"""An HTTP tool: what it sends for which arguments, and what it makes of the answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

import orjson
import structlog

from app.toolkit.declare import Caller, Options, ToolError, answer, not_found
from app.toolkit.http.answers import Picking, picked, said
from app.toolkit.http.client import (
    LONGEST_S,
    TIMEOUT,
    Answer,
    AnswerUnfit,
    Clients,
    HostFailed,
    HostRefused,
    HostResting,
    Request,
    Resolve,
    by_dns,
    clients,
)
from app.toolkit.http.hosts import Hosts, Target
from app.toolkit.http.templates import Unfit, filled, filled_body, filled_header, filled_path, placeholders
from app.toolkit.sentences import ANONYMOUS, BROKEN, DONE, NOTHING, SLOW, UNSURE
from app.toolkit.spec import ToolSpec

MASK = "••••"
CALLER_WORDS = ("caller.customer", "caller.number", "caller.language")  # what the house knows, never the model
_STANDS_FOR_SECRET = "SecretNotShown"  # plain letters, so that it looks the same wherever it is filled in
_SHORTEST_SECRET = 4  # a shorter one is too likely to be part of an honest word

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class HttpTool:
    """What stands in ``tools/<name>.toml``. ``secrets`` are the names of those it needs."""

    name: str
    file: Path
    description: str
    target: Target
    path: str
    method: str = "GET"
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, object] | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    options: Options = field(default_factory=Options)
    key_header: str = ""  # carries the idempotency key
    picking: Picking = field(default_factory=Picking)
    secrets: tuple[str, ...] = ()

    @property
    def spec(self) -> ToolSpec:
        return ToolSpec(self.name, self.description, self.parameters, self.options.blocking)

    @property
    def shows_nothing(self) -> bool:
        """Whether it asks for something, and lets the model see nothing of the answer: an unfinished file."""
        return not (self.options.write or self.picking.fields or self.picking.message)

    def request(self, args: Mapping[str, object], caller: Caller, secrets: Mapping[str, str]) -> Request:
        """What is sent for these arguments. Raises Unfit for a value that cannot stand where it should."""
        known: dict[str, object] = {
            **args,
            "caller.customer": caller.customer or None,
            "caller.number": caller.number if caller.number.startswith("+") else None,
            "caller.language": caller.language or "en",
            **{f"secret.{name}": secrets[name] for name in self.secrets},
        }
        self._check_caller(known)
        query = [(name, value) for name, text in self.query.items() if (value := filled(text, known)) is not None]
        written = urlencode(query, quote_via=quote, safe="")
        headers = [(name, filled_header(value, known)) for name, value in self.headers.items()]
        if self.key_header:
            headers.append((self.key_header, caller.key or None))
        body = None if self.body is None else orjson.dumps(filled_body(self.body, known))
        if body is not None:
            headers.append(("content-type", "application/json"))
        return Request(
            self.method,
            self.target,
            filled_path(self.path, known) + (f"?{written}" if written else ""),
            tuple((name, value) for name, value in headers if value is not None),
            body,
        )

    def _check_caller(self, known: Mapping[str, object]) -> None:
        """Nothing is sent for a caller without a number, or without a name, where the file wants one."""
        for name in placeholders([self.path, self.query, self.headers, self.body]):
            if name in CALLER_WORDS and known[name] is None:
                raise Unfit(name, "is not known")

    def shown(self, args: Mapping[str, object], caller: Caller) -> Request:
        """The same for people to read: every secret as dots."""
        sent = self.request(args, caller, dict.fromkeys(self.secrets, _STANDS_FOR_SECRET))
        return Request(
            sent.method,
            sent.target,
            _masked(sent.path),
            tuple((name, _masked(value)) for name, value in sent.headers),
            None if sent.body is None else _masked(sent.body.decode()).encode(),
        )

    def answer(self, given: Answer, args: Mapping[str, object], caller: Caller) -> dict[str, object]:
        """What the model may see of the service's answer. Raises ToolError for a refusal."""
        data = picked(given.data, self.picking.fields)
        values = {**args, **data}
        sentence = said(self.picking.sentences.get(given.status, {}), caller, values)
        if given.status in self.picking.not_found:
            return not_found(sentence or caller.hears(NOTHING))
        if sentence:
            raise ToolError(sentence)
        if not 200 <= given.status < 300:
            log.warning("http_tool_refused", tool=self.name, host=str(self.target), status=given.status)
            raise ToolError(caller.hears(BROKEN))
        spoken = said(self.picking.message, caller, values)
        if not (spoken or data or self.options.write):
            return not_found(caller.hears(NOTHING))
        return answer(spoken or ("" if data else caller.hears(DONE)), **data)


def _masked(text: str) -> str:
    return text.replace(_STANDS_FOR_SECRET, MASK)


def runnable(
    tool: HttpTool,
    hosts: Hosts,
    secrets: Mapping[str, str],
    resolve: Resolve = by_dns,
    note: Callable[[Answer | Exception], None] = lambda outcome: None,
    connections: Callable[[], Clients] = clients,
) -> Callable[..., object]:
    """The function that the tool runner calls; ``note`` is told what came of each request.

    ``connections`` other than those of calls know nothing of a host that failed, and calls nothing of theirs.
    """

    async def run(*, caller: Caller, **args: object) -> dict[str, object]:
        try:
            request = tool.request(args, caller, secrets)
        except Unfit as unfit:
            raise ToolError(_cannot_be_sent(unfit, caller), retryable=unfit.name in args) from unfit
        try:
            given = await connections().send(request, hosts, min(tool.options.timeout_s, LONGEST_S) - 0.1, resolve)
        except (HostResting, HostFailed, HostRefused, AnswerUnfit) as failure:
            note(failure)
            raise _polite(tool, failure, caller) from failure
        note(given)
        where = {"tool": tool.name, "host": str(tool.target)}
        log.info("http_tool_answered", status=given.status, took_ms=given.took_ms, **where)
        return _without_secrets(tool.answer(given, args, caller), tool.secrets, secrets)

    return run


async def resting(*, caller: Caller, **args: object) -> object:
    """What runs in place of a tool that is off: nothing is sent."""
    raise ToolError(caller.hears(BROKEN))


def _cannot_be_sent(unfit: Unfit, caller: Caller) -> str:
    if unfit.name.startswith("caller."):
        return caller.hears(ANONYMOUS)
    return f"{unfit.name} {unfit.problem}. Ask the caller for it, then call the tool again."


def _polite(tool: HttpTool, failure: Exception, caller: Caller) -> ToolError:
    """What the assistant may say of a failure; the log has the rest. Nothing of the URL is in either."""
    reason, status = getattr(failure, "reason", "resting"), getattr(failure, "status", 0)
    where = {"tool": tool.name, "host": str(tool.target), "status": status}
    log.warning("http_tool_failed", kind=type(failure).__name__, reason=reason, **where)
    sent = failure.sent if isinstance(failure, HostFailed) else isinstance(failure, AnswerUnfit)
    if tool.options.write and sent:
        again = isinstance(failure, HostFailed) and tool.options.idempotent
        return ToolError(caller.hears(UNSURE), retryable=again, unsure=True)
    words = SLOW if reason == TIMEOUT else BROKEN
    return ToolError(caller.hears(words), retryable=isinstance(failure, HostFailed))


def _without_secrets(
    result: dict[str, object], names: tuple[str, ...], secrets: Mapping[str, str]
) -> dict[str, object]:
    """A service that sends our own secret back does not get it to the model."""
    text = orjson.dumps(result).decode()
    for name in names:
        if len(secrets[name]) >= _SHORTEST_SECRET:
            text = text.replace(orjson.dumps(secrets[name]).decode()[1:-1], MASK)
    cleaned: dict[str, object] = orjson.loads(text)
    return cleaned
