"""The Live API's stand-in: a TLS WebSocket server that hears, thinks a little and speaks, in a process of its own.

Text models are asked on the same port: see text_models.py.

``python -m app.rehearsal.live_server --port 0`` prints one JSON line with its port and the file of its CA when it is
ready. ``GET /control`` tells what happened; ``POST /control?ask=<JSON>`` asks for faults. (The JSON stands in the
query because the websockets library reads no request bodies.)
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import ssl
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import trustme
import uvloop
from websockets.asyncio.server import Server, ServerConnection, serve

from app.rehearsal.door import Door
from app.rehearsal.faults import Fault, fault_from
from app.rehearsal.live_connections import Connections, Speech
from app.rehearsal.live_ears import Understanding
from app.rehearsal.live_talk import KINDS, SCRIPTED
from app.rehearsal.speech import SpeechUnavailable, load_recogniser, load_voice
from app.rehearsal.text_faults import text_fault_from

_MAX_FRAME = 4 * 2**20  # bytes
HOST = "127.0.0.1"


async def serving(connections: Connections, tls: ssl.SSLContext, host: str, port: int) -> Server:
    """Start to listen. Compression is off, as it only costs here; pings are the client's business."""

    def entered(*of_protocol: Any, **options: Any) -> Door:
        return Door(ServerConnection(*of_protocol, **options), connections.texts)

    return await serve(
        connections.serve,
        host,
        port,
        ssl=tls,
        process_request=connections.admit,
        max_size=_MAX_FRAME,
        compression=None,
        ping_interval=None,
        close_timeout=1,
        create_connection=cast(type[ServerConnection], entered),  # "a wrapper or a subclass": so its documentation
    )


def certificate(folder: Path, host: str) -> tuple[ssl.SSLContext, Path]:
    """A new CA and a certificate of it; only the CA's public part is written, the keys stay in memory."""
    folder.mkdir(parents=True, exist_ok=True)
    ca = trustme.CA(organization_name="Frontline rehearsal")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(host, "localhost").configure_cert(context)
    ca_file = folder / "rehearsal-ca.pem"
    ca.cert_pem.write_to_path(str(ca_file))
    return context, ca_file


def speech_from(options: argparse.Namespace) -> Speech:
    """Load what is heard and spoken with. Takes seconds. Languages that need the extra are left out without it."""
    languages = tuple(code.strip() for code in options.languages.split(",") if code.strip())
    try:
        return _loaded(options, languages)
    except SpeechUnavailable as missing:
        if languages == ("en",):
            raise
        print(f"live_server: only English is heard and spoken: {missing}", file=sys.stderr, flush=True)
        return _loaded(options, ("en",))


def _loaded(options: argparse.Namespace, languages: tuple[str, ...]) -> Speech:
    """Ears and voice are loaded at the same time, each in the thread that it is used in."""
    ears_thread, voice_thread = ThreadPoolExecutor(1, "ears"), ThreadPoolExecutor(1, "voice")
    voice = voice_thread.submit(load_voice, options.voice, languages)
    ears = ears_thread.submit(load_recogniser, languages) if options.ears == "real" else None
    return Speech(
        recogniser=ears.result() if ears else None,
        script=tuple(line for text in options.script for line in text.split("|")),
        voice=voice.result(),
        languages=languages,
        understanding=Understanding(ears_thread, scripted=ears is None),
        voice_thread=voice_thread,
        pitched=options.ears == "pitch",
    )


def options_from(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m app.rehearsal.live_server", description=__doc__)
    parser.add_argument("--host", default=HOST)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=None, help="where the CA's certificate is written")
    parser.add_argument("--ready-file", type=Path, default=None, help="written with the ready line too")
    parser.add_argument("--ready-fd", type=int, default=None, help="written with the ready line too")
    parser.add_argument("--api-key", default="", help="the only key to take; any is taken without it")
    parser.add_argument("--ears", choices=["real", "script", "pitch"], default="real", help="pitch: see pitches.py")
    parser.add_argument("--voice", choices=["real", "tones"], default="real")
    parser.add_argument("--script", action="append", default=[], help="what scripted ears hear, lines divided by |")
    parser.add_argument("--languages", default="en", help="what is heard and spoken, as en,es,fr,de,it")
    parser.add_argument(
        "--assistant", choices=KINDS, default=SCRIPTED, help="obedient: obeys every instruction it finds anywhere"
    )
    parser.add_argument("--life-s", type=float, default=600.0, help="how long a connection lives, as at the service")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME=VALUE", help="see faults.py")
    parser.add_argument("--fault-sessions", type=int, default=None, help="how many sessions go wrong; all by default")
    parser.add_argument("--text-fault", action="append", default=[], metavar="NAME=VALUE", help="see text_faults.py")
    parser.add_argument("--until-stdin-ends", action="store_true", help="end with whoever holds the other end")
    return parser.parse_args(arguments)


def _fault(wishes: list[str]) -> Fault:
    return fault_from(_named(wishes))


def _named(wishes: list[str]) -> dict[str, str]:
    return dict(wish.partition("=")[::2] for wish in wishes)


def _announce(options: argparse.Namespace, port: int, ca_file: Path) -> None:
    line = json.dumps({"port": port, "ca_file": str(ca_file)})
    print(line, flush=True)
    if options.ready_file is not None:
        unfinished = options.ready_file.with_name(options.ready_file.name + ".part")
        unfinished.write_text(line + "\n")
        unfinished.replace(options.ready_file)
    if options.ready_fd is not None:
        with open(options.ready_fd, "w") as ready:  # noqa: PTH123 (a descriptor, not a path)
            ready.write(line + "\n")


def _end_with_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """A parent that was killed could tell nobody, but its end of the pipe is closed for it."""

    def wait() -> None:
        while os.read(0, 1024):  # the descriptor: sys.stdin's lock would be in the way of a normal end
            pass
        with contextlib.suppress(RuntimeError):  # the loop may have ended meanwhile
            loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=wait, name="stdin", daemon=True).start()


async def run(options: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT, or until nobody is left who wants it."""
    stop = asyncio.Event()
    if options.until_stdin_ends:
        _end_with_stdin(asyncio.get_running_loop(), stop)
    speech = await asyncio.to_thread(speech_from, options)
    connections = Connections(speech, options.api_key, options.life_s, options.assistant)
    connections.plan.ask(_fault(options.fault), options.fault_sessions)
    connections.texts.plan.fault = text_fault_from(_named(options.text_fault))
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    with tempfile.TemporaryDirectory(prefix="frontline-live-") as scratch:
        tls, ca_file = certificate(options.folder or Path(scratch), options.host)
        async with await serving(connections, tls, options.host, options.port) as server:
            _announce(options, server.sockets[0].getsockname()[1], ca_file)
            await stop.wait()
    speech.understanding.thread.shutdown(wait=False, cancel_futures=True)
    speech.voice_thread.shutdown(wait=False, cancel_futures=True)


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    try:
        uvloop.run(run(options_from(arguments)))
    except (SpeechUnavailable, ValueError, OSError) as problem:
        print(f"live_server: {problem}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
