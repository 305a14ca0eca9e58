"""Runs the app in one process on one port, and lets the calls end before it goes."""

import asyncio
import contextlib
import gc
import os
import signal
import socket
from collections.abc import Callable

import structlog
import uvicorn

from app.main import Frontline

log = structlog.get_logger(__name__)

MESSAGE_BYTES = 262_144  # a frame of Twilio has under 1 KB; above 64 KiB the stream drops and counts it itself
BACKLOG = 2_048


def run(frontline: Frontline, ready: Callable[[int], None]) -> None:
    """Serve until told to stop; returns after the drain. ``ready`` is told the port once requests are answered."""
    # One thread for matrix products: a second one would be woken for 60 µs of work (facts: dsp).
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.umask(0o077)  # journals, records and recordings hold callers' words: only this user reads them
    import uvloop

    uvloop.run(serve(frontline, ready))


async def serve(frontline: Frontline, ready: Callable[[int], None] = lambda _: None) -> None:
    """Serve on the settings' host and port. The first SIGTERM or SIGINT drains, the second ends at once."""
    settings = frontline.settings
    server = server_for(frontline)
    with socket.create_server((settings.host, settings.port), backlog=BACKLOG) as listening:
        port = listening.getsockname()[1]
        async with asyncio.TaskGroup() as group:
            _on_signals(group, frontline, server)
            group.create_task(_announce(server, frontline, port, ready))
            await server.serve(sockets=[listening])


def server_for(frontline: Frontline) -> uvicorn.Server:
    """The server of the app, to be run on a socket that listens."""
    server = uvicorn.Server(
        uvicorn.Config(
            frontline.app,
            log_config=None,
            access_log=False,
            server_header=False,
            ws="websockets-sansio",
            ws_max_size=MESSAGE_BYTES,
            ws_per_message_deflate=False,
            backlog=BACKLOG,
            lifespan="on",
        )
    )
    # uvicorn would close every WebSocket at the first signal; the signal is ours, and calls end first.
    server.capture_signals = contextlib.nullcontext  # type: ignore[assignment, method-assign]
    return server


def _on_signals(group: asyncio.TaskGroup, frontline: Frontline, server: uvicorn.Server) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if frontline.switchboard.draining:
            server.should_exit = server.force_exit = True
            return
        frontline.switchboard.draining = True
        group.create_task(_drain(frontline, server))

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)


async def _drain(frontline: Frontline, server: uvicorn.Server) -> None:
    await frontline.switchboard.drain(frontline.settings.drain_s)
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
        lines=sorted(frontline.lines),
        public_url=frontline.doors.public_url,
    )
