"""Runs the app in one process on one port, and lets the calls end before it goes."""

import asyncio
import contextlib
import errno
import gc
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import structlog
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.main import Frontline
from app.ops import serve_metrics
from app.pressure import raise_descriptor_limit
from app.rehearsal.launch import StandInFailed
from app.siblings.address import own_address
from app.telemetry.heap import keep_together
from app.twilio.served import ServedSocket

log = structlog.get_logger(__name__)

MESSAGE_BYTES = 65_536  # a frame of Twilio has under 1 KB; who sends more is closed with 1009
BACKLOG = 2_048


class NotStarted(Exception):
    """The server could not start; the message says what to do."""


def run(frontline: Frontline, ready: Callable[[int], None]) -> None:
    """Serve until told to stop; returns after the drain. ``ready`` is told the port once requests are answered."""
    # One thread for matrix products: a second one would be woken for 60 µs of work (facts: dsp).
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    raise_descriptor_limit()
    keep_together()
    os.umask(0o077)  # journals, records and recordings hold callers' words: only this user reads them
    import uvloop

    uvloop.run(serve(frontline, ready))


async def serve(frontline: Frontline, ready: Callable[[int], None] = lambda _: None) -> None:
    """Serve on the settings' host and port. The first SIGTERM or SIGINT drains, the second ends at once.

    Raises NotStarted.
    """
    settings = frontline.settings
    _check_writable(settings.data)
    failures: list[Exception] = []
    server = server_for(frontline, failures)
    with _listening(settings.host, settings.port) as listening, _metrics(settings.host, settings.metrics_port):
        port = listening.getsockname()[1]
        try:
            async with asyncio.TaskGroup() as group:
                _on_signals(group, frontline, server)
                group.create_task(_announce(server, frontline, port, ready))
                await server.serve(sockets=[listening])
        except SystemExit as ended:  # uvicorn's answer to an app that does not start
            if not failures:
                raise
            raise NotStarted(str(failures[0])) from ended


def _check_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        told = "Let this user write there, or write another folder in FRONTLINE_DATA."
        raise NotStarted(f"The folder {folder} cannot be written to ({error.strerror}). {told}") from error


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    try:
        listening = socket.create_server((host, port), backlog=BACKLOG)
    except OSError as error:
        raise _not_listening(error, host, port, "PORT") from error
    with listening:
        yield listening


@contextlib.contextmanager
def _metrics(host: str, port: int | None) -> Iterator[None]:
    """The metrics' own port, if they have one."""
    if port is None:
        yield
        return
    try:
        end = serve_metrics(host, port)
    except OSError as error:
        raise _not_listening(error, host, port, "FRONTLINE_METRICS_PORT") from error
    try:
        yield
    finally:
        end()


def _not_listening(error: OSError, host: str, port: int, setting: str) -> NotStarted:
    if error.errno == errno.EADDRINUSE:
        return NotStarted(f"Port {port} is in use already. End what listens there, or write another port in {setting}.")
    told = f"Nothing can listen on {host}, port {port} ({error.strerror})"
    return NotStarted(f"{told}. Write others in HOST and {setting}.")


def server_for(frontline: Frontline, failures: list[Exception] | None = None) -> uvicorn.Server:
    """The server of the app, to be run on a socket that listens; ``failures`` takes what kept the app from starting."""
    server = uvicorn.Server(
        uvicorn.Config(
            frontline.app if failures is None else _noting(frontline.app, failures),
            log_config=None,
            access_log=False,
            server_header=False,
            ws=ServedSocket,
            ws_max_size=MESSAGE_BYTES,
            ws_per_message_deflate=False,
            backlog=BACKLOG,
            lifespan="on",
        )
    )
    # uvicorn would close every WebSocket at the first signal; the signal is ours, and calls end first.
    server.capture_signals = contextlib.nullcontext  # type: ignore[assignment, method-assign]
    return server


def _noting(app: ASGIApp, failures: list[Exception]) -> ASGIApp:
    """The app; why it could not start is noted for whoever started it, where uvicorn would log a traceback."""

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        told: list[Message] = []

        async def send_on(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed":
                told.append(message)
            else:
                await send(message)

        try:
            await app(scope, receive, send_on)
        except (OSError, StandInFailed) as failure:
            if not told:
                raise
            failures.append(failure)
            told = [{"type": "lifespan.startup.failed", "message": ""}]
        finally:
            for message in told:
                await send(message)

    return noting


def _on_signals(group: asyncio.TaskGroup, frontline: Frontline, server: uvicorn.Server) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if frontline.switchboard.draining:
            frontline.switchboard.cut()
            server.should_exit = server.force_exit = True
            return
        frontline.switchboard.draining = True
        group.create_task(_drain(frontline, server))

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)


async def _drain(frontline: Frontline, server: uvicorn.Server) -> None:
    async with asyncio.TaskGroup() as group:
        letting_go = group.create_task(frontline.arrivals.let_go_of_passed_on())
        await frontline.switchboard.drain(frontline.settings.drain_s, lambda: bool(frontline.roll.others()))
        letting_go.cancel()
    frontline.console.close()
    server.should_exit = True


async def _announce(server: uvicorn.Server, frontline: Frontline, port: int, ready: Callable[[int], None]) -> None:
    """Say where we are once requests are answered; from then on what lives is not looked through for garbage."""
    while not server.started:
        if server.should_exit:
            return
        await asyncio.sleep(0.01)
    gc.freeze()
    frontline.note_port(port)
    ready(port)
    log.info(
        "ready",
        port=port,
        rehearsing=frontline.settings.rehearsing,
        lines=sorted(frontline.lines.all()),
        public_url=frontline.doors.public_url,
    )
    frontline.roll.address = await asyncio.to_thread(own_address, frontline.settings, port)
