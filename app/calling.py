"""What `frontline call` does: have a rehearsed caller phone a server, show the call, judge what was heard."""

import asyncio
import contextlib
import errno
import json
import os
import secrets
import socket
import sys
from asyncio.subprocess import STDOUT, Process
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import IO
from urllib.parse import urlsplit

import httpx2

from app.call.tool_end import GUARDED
from app.fittings import REHEARSAL_ACCOUNT, REHEARSAL_URL, rehearsal_note
from app.redaction.spans import HIDDEN
from app.rehearsal.callers import Caller
from app.rehearsal.phone_notes import Happening
from app.rehearsal.prepared import prepare_with
from app.rehearsal.processes import end
from app.rehearsal.report import CallReport, rehearse
from app.rehearsal.speech import load_recogniser
from app.rehearsal.twilio_rest import TwilioRest
from app.settings import Settings, setting_names

READY_WITHIN_S = 120.0
STOP_WITHIN_S = 10.0
LOOK_EVERY_S = 0.1
FOLLOW_EVERY_S = 0.1
HIDING = frozenset(HIDDEN)  # letters that stand for words that the journal has not told yet, or never will
SHOWN = ("picked up", "interrupted", "cleared", "dialled", "hung up", "twilio says", "texted", "text received")
CALLER_NUMBER = "+12025550143"
ANY_CALLED = "+12025550199"
NO_MORE: Mapping[str, str] = MappingProxyType({})


class CannotCall(Exception):
    """The call could not be placed; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server to phone; ``process`` where it is one of our own."""

    base_url: str
    public_url: str
    auth_token: str
    rest: TwilioRest | None = None
    process: Process | None = None


async def place(
    settings: Settings,
    caller: Caller,
    *,
    url: str | None,
    called: str,
    show: Callable[[str], None],
) -> CallReport:
    """Place one call and report it; starts a server of its own unless ``url`` names one."""
    recording = _recording_for(settings, caller)
    loop = asyncio.get_running_loop()
    preparing = loop.run_in_executor(None, prepare_with, caller)  # both while the server starts
    listening = loop.run_in_executor(None, load_recogniser, (caller.language,))
    async with target(settings, url, show) as server:
        prepared = await preparing
        recogniser = await listening
        follower = JournalFollower(settings.data / "journals", show)
        async with asyncio.TaskGroup() as group:
            following = group.create_task(follower.run())
            report = await rehearse(
                server.base_url,
                server.public_url,
                server.auth_token,
                prepared,
                record_to=recording,
                rest=server.rest,
                to=called,
                from_=caller.number or CALLER_NUMBER,
                on_progress=lambda happening: _show_happening(happening, show),
                tools_used=follower.tools_of,
                tools_failed=follower.failures_of,
                recogniser=recogniser,
            )
            following.cancel()
    return report


def _recording_for(settings: Settings, caller: Caller) -> Path:
    folder = settings.data / "recordings"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        told = "Let this user write there, or write another folder in FRONTLINE_DATA."
        raise CannotCall(f"Nothing can be recorded in {folder} ({error.strerror}). {told}") from error
    return folder / f"{caller.name}-{datetime.now():%Y%m%d-%H%M%S}.wav"


def _show_happening(happening: Happening, show: Callable[[str], None]) -> None:
    if happening.what in SHOWN:
        show(f"{happening.at_s:6.1f} s  [{happening.what}] {happening.detail}".rstrip())


# ---- a server to phone


@contextlib.asynccontextmanager
async def target(
    settings: Settings, url: str | None, show: Callable[[str], None], environment: Mapping[str, str] = NO_MORE
) -> AsyncIterator[Target]:
    """The server to phone: the one at ``url``, or one of our own that runs as long as the block does.

    ``environment`` is what our own is told besides ``settings``.
    """
    if url is not None:
        yield _running(settings, url)
        return
    token = secrets.token_hex(16)
    rest = TwilioRest(REHEARSAL_ACCOUNT, token)
    async with rest.serving() as rest_url:
        told = {**_server_environment(settings, token, rest_url), **environment}
        async with _server(settings, told, show) as (base_url, process):
            yield Target(base_url, REHEARSAL_URL, token, rest, process)


def _running(settings: Settings, url: str) -> Target:
    """A server that is up already: its secret from the settings, or from the note a rehearsing one leaves."""
    if settings.twilio_tokens and settings.public_url:
        return Target(url, settings.public_url, settings.twilio_tokens[0])
    try:
        about = json.loads(rehearsal_note(settings.data, urlsplit(url).port or 80).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CannotCall(
            f"No rehearsing server at {url} left a note in {settings.data}: start one with `frontline serve`, "
            "or set TWILIO_AUTH_TOKEN and PUBLIC_URL as that server has them."
        ) from error
    return Target(url, about["public_url"], about["token"])


@contextlib.asynccontextmanager
async def _server(
    settings: Settings, environment: Mapping[str, str], show: Callable[[str], None]
) -> AsyncIterator[tuple[str, Process]]:
    log_file = settings.data / "serve.log"
    port = _free_port()
    show(f"starting Frontline on 127.0.0.1:{port} (log: {log_file})")
    with contextlib.ExitStack() as stack:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "app", "serve", "--port", str(port), "--host", "127.0.0.1"),
            env=environment,
            stdout=stack.enter_context(_opened(log_file)),
            stderr=STDOUT,
        )
    try:
        base_url = f"http://127.0.0.1:{port}"
        if not await _ready(base_url, process):
            raise CannotCall(f"the server did not start:\n{_last_lines(log_file)}")
        yield base_url, process
    finally:
        await end(process, STOP_WITHIN_S)


def _opened(log_file: Path) -> IO[bytes]:
    try:
        return log_file.open("wb")
    except OSError as error:
        raise CannotCall(f"The log {log_file} cannot be written ({error.strerror}). Let this user write it.") from error


def _last_lines(log_file: Path) -> str:
    return "\n".join(log_file.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-12:])


def _server_environment(settings: Settings, token: str, rest_url: str) -> dict[str, str]:
    """The same settings, but the phone's side is the rehearsal's."""
    # An empty value is none and goes before `.env`, which the server reads for itself.
    none_of_twilio = {name: "" for name in setting_names() if name.startswith("TWILIO_")}
    return {**os.environ, **none_of_twilio} | {
        "FRONTLINE_DATA": str(settings.data),
        "FRONTLINE_LINE_VERSION": settings.line_version or "",
        "TWILIO_ACCOUNT_SID": REHEARSAL_ACCOUNT,
        "TWILIO_AUTH_TOKEN": token,
        "PUBLIC_URL": REHEARSAL_URL,
        "FRONTLINE_TWILIO_API_URL": rest_url,
    }


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


async def _ready(base_url: str, process: Process) -> bool:
    """Wait until the server takes calls; False when it ended or took too long."""
    with contextlib.suppress(TimeoutError):
        async with httpx2.AsyncClient(timeout=2.0) as client, asyncio.timeout(READY_WITHIN_S):
            while process.returncode is None:
                if await _takes_calls(client, base_url):
                    return True
                await asyncio.sleep(LOOK_EVERY_S)
    return False


async def _takes_calls(client: httpx2.AsyncClient, base_url: str) -> bool:
    try:
        return (await client.get(f"{base_url}/readyz")).status_code == 200
    except httpx2.HTTPError:
        return False


# ---- what the journal tells while the call runs


@dataclass(slots=True)
class _Shown:
    """A line to show: what one side said, or a tool did. A part is None while the journal hides its words."""

    at: float
    who: str
    parts: list[str | None]


class JournalFollower:
    """Reads the journals that grow while we watch: words as they are spoken, tools as they run."""

    def __init__(self, folder: Path, show: Callable[[str], None]) -> None:
        self._folder = folder
        self._show = show
        self._old = set(folder.glob("*.jsonl")) if folder.is_dir() else set()
        self._read: dict[Path, int] = {}
        self._started_at = 0.0
        self._lines: deque[_Shown] = deque()  # in their order; the first waits until all its words are known
        self._speaking: _Shown | None = None
        self._fragments: Counter[str] = Counter()  # by call, as the journal counts them
        self._hidden: dict[tuple[str, int], tuple[_Shown, int]] = {}
        self._tools: dict[str, list[str]] = {}
        self._failed: dict[str, list[str]] = {}

    def tools_of(self, call_sid: str) -> Sequence[str]:
        """The tools a call has used."""
        self._catch_up()
        return self._tools.get(call_sid, [])

    def failures_of(self, call_sid: str) -> Sequence[str]:
        """The tools of a call that ended otherwise than ``ok``, and how."""
        self._catch_up()
        return self._failed.get(call_sid, [])

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            await asyncio.sleep(FOLLOW_EVERY_S)
            self._catch_up()

    def _catch_up(self) -> None:
        for path in sorted(self._folder.glob("*.jsonl")):
            if path not in self._old:
                for line in self._new_lines(path):
                    self._take(path.stem, line)

    def _new_lines(self, path: Path) -> Iterator[dict[str, object]]:
        with path.open("rb") as file:
            file.seek(self._read.get(path, 0))
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._read[path] = self._read.get(path, 0) + len(whole)
        for raw in whole.splitlines():
            # A line may be torn: the disk was full, or the server was killed as it wrote.
            with contextlib.suppress(ValueError):
                line = json.loads(raw)
                if isinstance(line, dict):
                    yield line

    def _take(self, call_sid: str, line: dict[str, object]) -> None:
        kind = line.get("e") or line.get("c")
        at = float(str(line.get("t", 0.0)))
        if kind == "CallStarted":
            self._started_at = at
        elif kind == "OpenSession" and line.get("said"):
            self._tell(at, "assistant", str(line["greeting"]))
        elif kind == "Transcribed":
            self._speak(call_sid, str(line["side"]), str(line["text"]), at)
        elif isinstance(words := line.get("words"), dict):
            self._learn(call_sid, words)
        elif kind in ("TurnCompleted", "CallerHungUp", "RecordEnd"):
            self._end_words()
        elif kind == "ToolCalled":
            self._tools.setdefault(call_sid, []).append(str(line["name"]))
            self._end_words()
            self._tell(at, "tool", f"{line['name']}({json.dumps(line['args'], ensure_ascii=False)})")
        elif kind == "RecordTool":
            if line["status"] not in GUARDED:
                self._failed.setdefault(call_sid, []).append(f"{line['name']} ended with {line['status']}")
            self._tell(at, "tool", f"{line['name']} → {line['status']} in {line['took_ms']} ms")

    def _speak(self, call_sid: str, side: str, text: str, at: float) -> None:
        if self._speaking is None or self._speaking.who != side:
            self._end_words()
            self._speaking = _Shown(at, side, [])
            self._lines.append(self._speaking)
        said, is_hidden = self._speaking, bool(HIDING.intersection(text))
        if is_hidden:
            self._hidden[call_sid, self._fragments[call_sid]] = said, len(said.parts)
        said.parts.append(None if is_hidden else text)
        self._fragments[call_sid] += 1

    def _learn(self, call_sid: str, words: Mapping[str, object]) -> None:
        """A journal tells words a little later than it says that there were some."""
        for number, text in words.items():
            if (call_sid, int(number)) in self._hidden:
                said, place = self._hidden.pop((call_sid, int(number)))
                said.parts[place] = str(text)
        self._show_known()

    def _end_words(self) -> None:
        self._speaking = None
        self._show_known()

    def _tell(self, at: float, who: str, what: str) -> None:
        self._lines.append(_Shown(at, who, [what]))
        self._show_known()

    def _show_known(self) -> None:
        while self._lines and self._lines[0] is not self._speaking:
            parts = [part for part in self._lines[0].parts if part is not None]
            if len(parts) < len(self._lines[0].parts):
                return
            line = self._lines.popleft()
            if what := " ".join("".join(parts).split()):
                self._show(f"{line.at - self._started_at:6.1f} s  {line.who:>9}  {what}")


# ---- the end


def summary(report: CallReport) -> str:
    """What the caller's side measured, and the verdict."""
    figures = report.figures
    rows = [
        "",
        "the caller heard:",
        *(f"  {stretch.start_s:6.1f} s  {stretch.text}" for stretch in report.heard),
        *(f"  Twilio's voice: {sentence}" for sentence in report.spoken),
        "",
        f"pick-up to first sound   {_in_ms([figures.first_sound_ms])}",
        f"end of speech to answer  {_in_ms(figures.turn_gaps_ms)}",
        f"barge-in to silence      {_in_ms(figures.barge_ins_ms)}",
        f"underruns                {figures.underruns}",
        f"ended by                 {report.ended_by} after {report.duration_s:.1f} s",
        *(f"note                     {note}" for note in report.notes),
        f"recording                {report.recording}",
        "",
    ]
    if report.ok:
        return "\n".join([*rows, "✓ The caller got what they called for."])
    return "\n".join([*rows, *(f"✗ {problem}" for problem in report.problems)])


def _in_ms(times: Sequence[int | None]) -> str:
    known = [str(one) for one in times if one is not None]
    return f"{', '.join(known)} ms" if known else "none"
