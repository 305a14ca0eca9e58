"""What the house has on record of a call, held against what its telephone heard: `python -m tests.heard_words`.

Rehearsed callers phone a line that records. For each call the house's recording is compared with the telephone's own:
both channels by correlation, and whether they lie on one time axis. And the transcript's heard words are compared with
what a recogniser hears in the telephone's recording. The same words, spoken by the same voice into the same recogniser
without any call between, say how much of what does not agree is the recogniser's. Ends with 1 where a figure is missed.
"""

import argparse
import asyncio
import difflib
import re
import shutil
import sys
import tempfile
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.audio.mulaw import decode
from app.calling import ANY_CALLED, CALLER_NUMBER, target
from app.fittings import objects_for
from app.recording import wav
from app.rehearsal.callers import CALLERS, Caller
from app.rehearsal.callers_lines import LINES
from app.rehearsal.phone_sound import at_phone_rate
from app.rehearsal.prepared import prepare_with
from app.rehearsal.report import CallReport, rehearse
from app.rehearsal.speech import Recogniser, Voice, load_recogniser, load_voice
from app.rehearsal.voice import RATE as VOICE_RATE
from app.rehearsal.wording import join_digits
from app.settings import Settings, load
from app.store.calls import turns_of
from app.store.database import Database
from app.store.recordings import RecordingBook

RATE = 8_000
ALIKE, APART_MS, AGREED = 0.95, 40.0, 0.95
_CALLERS = {**CALLERS, **{caller.name: caller for callers in LINES.values() for caller in callers}}
SHIPPED = ("order", "interrupter", "angry", "store-return", "store-refund")

Samples = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """One call. ``late_ms`` is how late the telephone's own clock was; ``apart_ms`` how far the channels are."""

    name: str
    caller: float
    assistant: float
    apart_ms: float
    said: int
    agreed: int
    floor: int
    barge_ins: int
    late_ms: int


# ---- sound


def alike(kept: Samples, heard: Samples, window: int) -> tuple[float, int]:
    """How alike two recordings are at their best (1.0: the same), and where in ``heard`` the first begins, in samples.

    ``window`` is how far that may be.
    """
    size = 1 << (len(kept) + len(heard)).bit_length()
    product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(kept, size)), size)
    at = int(np.argmax(product[:window]))
    part = heard[at : at + len(kept)]
    energy = float(np.sqrt(np.dot(kept, kept) * np.dot(part, part)))
    return (float(product[at]) / energy if energy else 0.0), at


def sides(data: bytes) -> tuple[Samples, Samples]:
    """The caller's and the assistant's samples of a recording of the house's."""
    samples = np.frombuffer(decode(data[wav.HEADER :]), "<i2").astype(np.float64)
    return samples[0::2], samples[1::2]


def telephone(path: Path) -> tuple[Samples, Samples]:
    """The same of the telephone's."""
    with wave.open(str(path), "rb") as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)
    return samples[0::2], samples[1::2]


# ---- words


def words(text: str) -> list[str]:
    """The words of a text as they are compared."""
    return re.findall(r"[\w']+", join_digits(text).lower().replace("’", "'"))


def agreed(said: Sequence[str], heard: Sequence[str]) -> int:
    """How many of the words said were heard, in their order."""
    matcher = difflib.SequenceMatcher(None, said, heard, autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks())


def recognised(text: str, voice: Voice, ears: Recogniser) -> str:
    """What the recogniser makes of a text when nothing is between them but the telephone's bandwidth."""
    heard = []
    for spoken in voice.speak(text):
        samples = at_phone_rate(np.frombuffer(spoken, np.int16), VOICE_RATE)
        heard.append(ears.transcribe(samples.tobytes(), RATE))
    return " ".join(heard)


# ---- calls


def _environment(data: Path) -> dict[str, str]:
    """A house whose every line tells its callers that it records, and redacts nothing: words are to be compared."""
    prompts = data / "prompts"
    shutil.copytree("prompts", prompts)
    for line in prompts.glob("*/line.toml"):
        plain = re.sub(r"(?m)^recording *=.*$", "", line.read_text("utf-8"))
        line.write_text(f'recording = "notice"\n{plain}', "utf-8")
    given = {"FRONTLINE_DATA": str(data), "FRONTLINE_PROMPTS": str(prompts), "FRONTLINE_REDACTION": "off-i-know"}
    return {**given, "FRONTLINE_REHEARSAL": "on"}


async def _reports(environment: Mapping[str, str], callers: Sequence[Caller], ears: Recogniser) -> list[CallReport]:
    reports, settings = [], load({**environment}, None)
    async with target(settings, None, print, environment) as server:
        for number, caller in enumerate(callers):
            report = await rehearse(
                *(server.base_url, server.public_url, server.auth_token),
                await asyncio.to_thread(prepare_with, caller),
                record_to=settings.data / f"{number}-{caller.name}.wav",
                rest=server.rest,
                to=ANY_CALLED,
                from_=caller.number or CALLER_NUMBER,
                recogniser=ears,
            )
            print(f"{caller.name}: {'as it should' if report.ok else '; '.join(report.problems)}", flush=True)
            reports.append(report)
    return reports


async def _measured(report: CallReport, settings: Settings, database: Database, tools: "Tools") -> Measured:
    (kept,) = await RecordingBook(database).of_call(report.call_sid)
    caller, assistant = sides(await objects_for(settings).read(kept.key))
    assert report.recording is not None
    spoke, heard = telephone(report.recording)
    began = int(np.argmax(caller != 0))  # before, the caller had not heard that they are recorded
    alike_caller, at_caller = alike(caller[began:], spoke[began:], 5 * RATE)
    alike_assistant, at_assistant = alike(assistant, heard, 5 * RATE)
    turns = await turns_of(database, report.call_sid)
    said = [turn.heard for turn in turns if turn.side == "assistant" and turn.heard]
    text = words(" ".join(said))
    floor = await asyncio.to_thread(recognised, " ".join(said), *tools)
    return Measured(
        report.caller,
        alike_caller,
        alike_assistant,
        abs(at_caller - at_assistant) * 1000 / RATE,
        len(text),
        agreed(text, words(" ".join(stretch.text for stretch in report.heard))),
        agreed(text, words(floor)),
        len(report.figures.barge_ins_ms),
        report.clock_late_ms,
    )


Tools = tuple[Voice, Recogniser]


async def main() -> int:
    """Run what the command line asks for; 0 when every figure is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("callers", nargs="*", default=list(SHIPPED), help=f"of {', '.join(_CALLERS)}")
    parser.add_argument("--keep", type=Path, help="folder for recordings and records")
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = wish.keep or Path(folder)
        data.mkdir(parents=True, exist_ok=True)
        environment = await asyncio.to_thread(_environment, data.absolute())
        settings = load(environment, None)
        ears, voice = await asyncio.to_thread(load_recogniser), await asyncio.to_thread(load_voice)
        reports = await _reports(environment, [_CALLERS[name] for name in wish.callers], ears)
        database = Database(f"sqlite+aiosqlite:///{settings.data / 'frontline.db'}")
        measured = [await _measured(report, settings, database, (voice, ears)) for report in reports]
        await database.close()
    return _judge(measured)


def _judge(measured: Sequence[Measured]) -> int:
    for one in measured:
        print(
            f"{one.name:14} caller {one.caller:.3f}  assistant {one.assistant:.3f}  apart {one.apart_ms:.1f} ms  "
            f"words {one.agreed} of {one.said}, without a call {one.floor}  barge-ins {one.barge_ins}  "
            f"telephone {one.late_ms} ms late"
        )
    said = sum(one.said for one in measured)
    share, floor = (sum(of) / max(1, said) for of in ([m.agreed for m in measured], [m.floor for m in measured]))
    least, apart_ms = min(min(one.caller, one.assistant) for one in measured), max(one.apart_ms for one in measured)
    promises = (
        ("least alike", f">= {ALIKE}", f"{least:.3f}", least >= ALIKE),
        ("channels apart", f"<= {APART_MS:g} ms", f"{apart_ms:.1f} ms", apart_ms <= APART_MS),
        ("words heard", f">= {AGREED}, or as without a call: {floor:.3f}", f"{share:.3f}", share >= min(AGREED, floor)),
    )
    for what, promised, value, held in promises:
        print(f"{what:16} {promised:36} {value:10} {'pass' if held else 'MISSED'}")
    return 0 if all(held for *_, held in promises) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
