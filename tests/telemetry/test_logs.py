"""The logs: what each line holds, and what no line may hold."""

import asyncio
import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from contextvars import copy_context

import pytest
import structlog

from app.telemetry.logs import Level, bind_call, start_logs
from app.telemetry.trace_ids import as_written, trace_of

Lines = Callable[[], list[dict[str, object]]]
TOUCHED = (
    "",
    "uvicorn",
    "uvicorn.error",
    "uvicorn.access",
    "uvicorn.asgi",
    "websockets",
    "httpx2",
    "twilio",
    "asyncio",
)


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    kept = {name: (logger := logging.getLogger(name), logger.level, logger.handlers[:]) for name in TOUCHED}
    yield
    for logger, level, handlers in kept.values():
        logger.setLevel(level)
        logger.handlers[:] = handlers
        logger.disabled = False
    logging.captureWarnings(False)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def started(level: Level = "info", secrets: tuple[str, ...] = ()) -> Lines:
    """Start the logs into memory; what is returned ends them and gives the lines."""
    stream = io.StringIO()
    stop = start_logs(level, "json", secrets, stream)

    def ended() -> list[dict[str, object]]:
        stop()
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    return ended


def test_a_line_has_time_level_logger_and_event() -> None:
    lines = started()
    structlog.get_logger("app.bridge").info("call started", line="support", sessions=1)
    (line,) = lines()
    assert list(line)[:4] == ["time", "level", "logger", "event"]
    assert str(line.pop("time")).endswith("Z")
    assert line == {"level": "info", "logger": "app.bridge", "event": "call started", "line": "support", "sessions": 1}


def test_every_line_of_a_call_has_its_id_and_only_its_own() -> None:
    async def one_call(call_sid: str) -> None:
        bind_call(call_sid)
        await asyncio.create_task(_say("in a task of the call"))
        logging.getLogger("websockets.server").warning("from a library")

    async def both() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(one_call("CA1"))
            group.create_task(one_call("CA2"))

    lines = started()
    copy_context().run(asyncio.run, both())
    structlog.get_logger("app").info("outside")
    logged = lines()
    assert sorted(str(line.get("call")) for line in logged) == ["CA1", "CA1", "CA2", "CA2", "None"]


async def _say(event: str) -> None:
    structlog.get_logger("app").info(event)


@pytest.mark.parametrize(
    "text",
    [
        "+14155550100",
        "from +1 (415) 555-0100, again",
        "(415) 555-0100",
        "415-555-0100",
        "4155550100",
        "+34 915 55 01 00",
        "+33.1.23.45.67.89",
        "To=%2B14155550100&x=1",
        "sip:+14155550100@host",
        "tel:+442079460000",
    ],
)
def test_telephone_numbers_are_left_out(text: str) -> None:
    lines = started()
    structlog.get_logger("app").info("seen", text=text, nested={"deep": [text]})
    (line,) = lines()
    assert "[number]" in str(line["text"])
    for part in ("0100", "0000", "6789", "67.89", "01 00"):
        assert part not in json.dumps([line["text"], line["nested"]])


@pytest.mark.parametrize(
    "text",
    [
        "CA" + "12345678" * 4,
        "2026-11-23 14:30:00",
        "2026-11-23T14:30:00.123456Z",
        "127.0.0.1:40112",
        "192.168.100.200:40112",
        "order 1047, code 31920",
        "took 12.3456789012 s",
        "550e8400-e29b-41d4-a716-446655440000",
        "g3:12",
    ],
)
def test_what_is_no_telephone_number_stays(text: str) -> None:
    lines = started()
    structlog.get_logger("app").info("seen", text=text)
    (line,) = lines()
    assert line["text"] == text


def test_at_debug_numbers_are_shown_but_no_secret() -> None:
    lines = started("debug", ("hidden-token",))
    structlog.get_logger("app").debug("seen", caller="+14155550100", said="hidden-token")
    (line,) = lines()
    assert line["caller"] == "+14155550100"
    assert line["said"] == "[secret]"


@pytest.mark.parametrize(
    "text",
    [
        "key AIza" + "S" * 35,
        "Authorization: Bearer abc.DEF-123",
        "postgresql://user:abc.DEF-123@host/db",
        "wss://host/x?access_token=auth_tokens/abc.DEF-123",
        "GET /media?token=abc.DEF-123",
        "the token is hidden-token.",
    ],
)
def test_secrets_are_left_out_by_their_looks_and_by_their_value(text: str) -> None:
    lines = started(secrets=("hidden-token", ""))
    structlog.get_logger("app").info(text)
    logging.getLogger("google_genai").warning("%s", text)
    for line in lines():
        assert "[secret]" in str(line["event"])
        for secret in ("abc.DEF-123", "SSSS", "hidden-token"):
            assert secret not in str(line)


def test_fields_named_like_secrets_are_left_out_whatever_they_hold() -> None:
    lines = started()
    structlog.get_logger("app").info(
        "seen", token="a", customParameters={"token": "b"}, headers={"X-Twilio-Signature": "c", "Host": "h"}, tokens=5
    )
    (line,) = lines()
    assert (line["token"], line["customParameters"], line["tokens"]) == ("[secret]", "[secret]", 5)
    assert line["headers"] == {"X-Twilio-Signature": "[secret]", "Host": "h"}


def test_an_exception_is_logged_whole_but_for_secrets_and_numbers() -> None:
    lines = started(secrets=("hidden-token",))
    try:
        raise ValueError("hidden-token of +14155550100")
    except ValueError:
        structlog.get_logger("app").exception("ours")
        logging.getLogger("uvicorn.error").exception("theirs")
    for line in lines():
        assert "ValueError: [secret] of [number]" in str(line["exception"])
        assert "test_logs.py" in str(line["exception"])


def test_libraries_log_the_same_way_and_access_is_not_logged() -> None:
    logging.getLogger("uvicorn.error").setLevel("ERROR")  # as uvicorn's own configuration may leave it
    lines = started()
    logging.getLogger("uvicorn.error").info("connection open")
    logging.getLogger("uvicorn.error").warning("listening on %s", "127.0.0.1")
    logging.getLogger("uvicorn.access").info('"POST /voice/incoming" 200')
    logging.getLogger("httpx2").info("HTTP Request: POST https://api.twilio.com/…")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old way", UserWarning, stacklevel=1)
    first, second = lines()
    assert (first["logger"], first["event"]) == ("uvicorn.error", "listening on 127.0.0.1")
    assert second["logger"] == "py.warnings"


def test_the_frames_of_websockets_are_not_logged_even_at_debug() -> None:
    lines = started("debug")
    logging.getLogger("websockets.client").debug("> TEXT '{\"realtime_input\"…'")
    assert lines() == []


def test_text_is_for_people() -> None:
    stream = io.StringIO()
    stop = start_logs("info", "text", (), stream)
    structlog.get_logger("app").info("call started", line="support")
    stop()
    assert "call started" in stream.getvalue()
    assert "line=support" in stream.getvalue()


@pytest.mark.parametrize("name", ["call_sid", "of_call"])
def test_the_id_of_a_call_has_one_name(name: str) -> None:
    lines = started()
    structlog.get_logger("app").info("call answered", **{name: "CA1"})
    [line] = lines()
    assert line["call"] == "CA1"
    assert name not in line


def test_a_line_of_a_call_has_its_stream_and_its_trace_too() -> None:
    call_sid = "CA" + "0123456789abcdef" * 2
    lines = started()
    bind_call(call_sid, "MZ1")
    structlog.get_logger("app").info("call ended")
    (line,) = lines()
    assert (line["call"], line["stream"], line["trace"]) == (call_sid, "MZ1", "0123456789abcdef" * 2)


def test_a_line_about_another_call_has_that_ones_ids() -> None:
    lines = started()
    bind_call("CA1", "MZ1")
    structlog.get_logger("app").info("call went on elsewhere", of_call="CA2")
    (line,) = lines()
    assert (line["call"], line["trace"]) == ("CA2", as_written(trace_of("CA2")))
    assert "stream" not in line
