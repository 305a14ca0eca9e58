"""The servers that are measured, each in a process of its own, and what the kernel says of them."""

import asyncio
import contextlib
import os
import shutil
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2

from app.rehearsal.load.phones import ACCOUNT, PUBLIC_URL, TOKEN
from app.rehearsal.processes import end, findable

READY_WITHIN_S = 60.0
END_WITHIN_S = 10.0
MOST_CALLS = 1_000
BUSY = 503
_TICK = os.sysconf("SC_CLK_TCK")


class NotMeasured(Exception):
    """Why nothing could be measured; for whoever asked."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has used, at one time."""

    at: float
    cpu_s: float
    rss_mb: float


@dataclass(frozen=True, slots=True)
class Server:
    """One server that runs. ``webhooks``: it is asked for a stream first, as Twilio asks."""

    name: str
    pid: int
    base_url: str
    webhooks: bool

    def usage(self) -> Usage:
        """From /proc."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        pages = int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1])
        cpu_s = (int(fields[11]) + int(fields[12])) / _TICK
        return Usage(time.monotonic(), cpu_s, pages * os.sysconf("SC_PAGE_SIZE") / 1_048_576)


@contextlib.asynccontextmanager
async def running(name: str, live_port: int, folder: Path, core: str | None) -> AsyncIterator[Server]:
    """``frontline`` or ``naive``, pointed at the Live stand-in; its log stands in ``folder``. Raises NotMeasured."""
    port = _free_port()
    command = {
        "frontline": (sys.executable, "-m", "app", "serve", "--port", str(port), "--host", "127.0.0.1"),
        "naive": (sys.executable, "-m", "app.rehearsal.load.naive", "--port", str(port)),
    }[name]
    log = folder / f"{name}.log"
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            *_pinned(core, command), env=_environment(live_port, folder), stdout=out, stderr=out, start_new_session=True
        )
    try:
        await _answers(process, port, log)
        yield Server(name, process.pid, f"http://127.0.0.1:{port}", webhooks=name == "frontline")
    finally:
        await end(process, END_WITHIN_S)


def _environment(live_port: int, folder: Path) -> Mapping[str, str]:
    ours = {name: value for name, value in findable().items() if not name.startswith(("FRONTLINE_", "GOOGLE_"))}
    return {
        **ours,
        "PUBLIC_URL": PUBLIC_URL,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "GEMINI_API_KEY": "load",
        "GOOGLE_GEMINI_BASE_URL": f"https://127.0.0.1:{live_port}",
        "SSL_CERT_FILE": str(folder / "ca.pem"),
        "NO_PROXY": "127.0.0.1",
        "FRONTLINE_DATA": str(folder / "data"),
        "FRONTLINE_CALLS_AT_ONCE": str(MOST_CALLS),
    }


async def _answers(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    """Wait until it takes calls; the naive one takes them as soon as it answers anything."""
    deadline = time.monotonic() + READY_WITHIN_S
    async with httpx2.AsyncClient() as client:
        while time.monotonic() < deadline and process.returncode is None:
            with contextlib.suppress(httpx2.HTTPError):
                answer = await client.get(f"http://127.0.0.1:{port}/readyz")
                if answer.status_code != BUSY:
                    return
            await asyncio.sleep(0.1)
    raise NotMeasured("\n".join(("The server did not start. It said last:", *_last_words(log))))


def _last_words(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:]


def cores() -> tuple[str | None, str | None]:
    """One core for the server and the others for its peers; None where that cannot be had."""
    if shutil.which("taskset") is None or not hasattr(os, "sched_getaffinity"):
        return None, None
    ours = sorted(os.sched_getaffinity(0))
    return (str(ours[-1]), ",".join(map(str, ours[:-1]))) if len(ours) > 1 else (None, None)


def _pinned(core: str | None, command: Sequence[str]) -> Sequence[str]:
    return command if core is None else ("taskset", "-c", core, *command)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
