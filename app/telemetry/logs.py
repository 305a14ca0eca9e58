"""The logs: one line of JSON for each event, with the call's id, without secrets and without callers' numbers."""

import logging
import logging.handlers
import queue
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from app.telemetry.trace_ids import as_written, trace_of

MOST_WAITING = 10_000  # lines on their way to stdout; more are dropped rather than waited for
SHORTEST_SECRET = 6  # a shorter value is too likely to be part of an honest word

Level = Literal["debug", "info", "warning", "error"]

# What these say below the level is too much, or holds headers, bodies and addresses with numbers in them.
_QUIET: Mapping[str, int] = {
    "websockets": logging.INFO,
    "httpx2": logging.WARNING,
    "httpcore2": logging.WARNING,
    "twilio": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "alembic": logging.WARNING,
    "aiosqlite": logging.WARNING,
    "asyncio": logging.WARNING,
    "uvicorn.error": logging.WARNING,  # its connections opening and closing; "ready" and "draining" are ours
    "google_genai": logging.WARNING,
}
_OWN_HANDLERS = ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi")

_FIRST_FIELDS = ("time", "level", "call", "stream", "trace", "logger", "event")
_SECRET_FIELD = re.compile(
    r"(authorization|token|secret|password|passwd|api_?key|signature|cookie|custom_?parameters)$", re.IGNORECASE
)
# Google's keys and ephemeral tokens, bearer tokens, passwords in addresses, tokens in queries.
_SECRET_TEXT = re.compile(
    r"AIza[\w-]{30,}|auth_tokens/[\w-]+|(?<=Bearer )[\w.~+/=-]+|(?<=://)[^\s/:@]+:[^\s/@]+(?=@)"
    r"|(?<=access_token=)[^\s&]+|(?<=[?&]key=)[^\s&]+|(?<=[?&]token=)[^\s&]+"
)
# A telephone number: with a plus sign in any writing; without one, nine digits or more that stand alone.
_NUMBER = re.compile(
    r"(?:\+|%2B)\d(?:[\s().-]{0,2}\d){6,14}(?!\d)|(?<![\w.:/+-])\(?\d(?:[\s()-]{0,2}\d){8,14}(?![\w:])"
)


def without_secrets(secrets: Iterable[str]) -> Callable[[str], str]:
    """What replaces these secrets, and what looks like one, in a text."""
    known = sorted({secret for secret in secrets if len(secret) >= SHORTEST_SECRET}, key=len, reverse=True)
    pattern = re.compile("|".join([*map(re.escape, known), _SECRET_TEXT.pattern]))
    return lambda text: pattern.sub("[secret]", text)


def bind_call(call_sid: str, stream_sid: str = "") -> None:
    """Put the ids of a call, and of its stream, into every line that this task, and the tasks it starts, will log."""
    ids = {"call": call_sid, "stream": stream_sid}
    structlog.contextvars.bind_contextvars(**{name: id for name, id in ids.items() if id})


def start_logs(
    level: Level = "info",
    form: Literal["json", "text"] = "json",
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
) -> Callable[[], None]:
    """Send all logs of this process, the libraries' too, to stdout; returns what writes the rest and stops.

    Lines are written by a thread of their own, so that a slow reader of stdout never holds the event loop.
    """
    shown = logging.getLevelName(level.upper())
    lines: queue.Queue[logging.LogRecord] = queue.Queue(MOST_WAITING)
    out = logging.StreamHandler(stream or sys.stdout)
    listener = logging.handlers.QueueListener(lines, out)
    intake = _Intake(lines)
    intake.setFormatter(_formatter(form, _redactor(secrets, numbers=shown > logging.DEBUG)))
    _route(intake, shown)
    _configure_structlog()
    listener.start()
    return listener.stop


class _Intake(logging.handlers.QueueHandler):
    """Hands formatted lines to the writing thread. (The logging module takes handlers by inheritance only.)"""

    def handleError(self, record: logging.LogRecord) -> None:
        """Drop a line there is no room for: the default would print a traceback for each."""


def _route(intake: logging.Handler, level: int) -> None:
    root = logging.getLogger()
    root.handlers[:] = [intake]
    root.setLevel(level)
    for name in _OWN_HANDLERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.NOTSET)
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(least, level))
    # Webhooks carry tokens and numbers in their addresses; what matters of them is logged and counted by us.
    logging.getLogger("uvicorn.access").disabled = True
    logging.captureWarnings(True)


def _configure_structlog() -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _name_call(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """A call's id has one name in every line, also where no task of that call wrote it; with it goes its trace."""
    named = [str(event.pop(name)) for name in ("of_call", "call_sid") if name in event]
    if named and event.get("call") != named[0]:
        event["call"] = named[0]
        event.pop("stream", None)  # of the call whose task tells of this one
    if "call" in event:
        event["trace"] = as_written(trace_of(str(event["call"])))
    return event


def _shared() -> Sequence[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        _name_call,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        structlog.processors.UnicodeDecoder(),
    ]


def _formatter(form: Literal["json", "text"], redact: Processor) -> logging.Formatter:
    last: Processor = structlog.processors.JSONRenderer(default=str, ensure_ascii=False)
    if form == "text":
        last = structlog.dev.ConsoleRenderer(colors=False, timestamp_key="time")
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redact, last],
    )


def _redactor(secrets: Iterable[str], numbers: bool) -> Processor:
    """A processor that leaves out secrets, and telephone numbers where ``numbers`` says so."""
    hide_secrets = without_secrets(secrets)

    def clean_text(text: str) -> str:
        text = hide_secrets(text)
        return _NUMBER.sub("[number]", text) if numbers else text

    def clean(name: str, value: object) -> object:
        if _SECRET_FIELD.search(name) and value is not None:
            return "[secret]"
        if isinstance(value, str):
            return clean_text(value)
        if isinstance(value, Mapping):
            return {str(key): clean(str(key), held) for key, held in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [clean("", held) for held in value]
        return value if isinstance(value, bool | int | float | None) else clean_text(repr(value))

    def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event = {name: value if name == "time" else clean(name, value) for name, value in event.items()}
        return {name: event.pop(name) for name in _FIRST_FIELDS if name in event} | event

    return redact
