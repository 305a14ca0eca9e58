"""A rehearsed call from ring to verdict: place it, listen to its recording, judge, report."""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Protocol

from app.rehearsal.callers import Caller, Expectations
from app.rehearsal.listening import Figures
from app.rehearsal.phone import LONGEST_S, Dialling, Phone
from app.rehearsal.phone_faults import NO_FAULTS, Faults
from app.rehearsal.phone_notes import Happening, Violation
from app.rehearsal.phone_recording import Recording, stretches
from app.rehearsal.phone_sound import RATE
from app.rehearsal.phone_webhooks import Place
from app.rehearsal.prepared import Prepared, prepare_with
from app.rehearsal.speech import load_recogniser
from app.rehearsal.twilio_rest import TwilioRest

LATE_MS = 100  # above it the figures tell of this machine, not of the app
_ASSISTANT = 1  # channel of the recording


@dataclass(frozen=True, slots=True)
class HeardStretch:
    """What the caller heard between two pauses, as a recogniser hears the recording."""

    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True, slots=True)
class CallReport:
    """What happened in a rehearsed call.

    ``ok`` when the caller got what they called for; else ``problems`` say why not. ``spoken`` are
    sentences of Twilio's own voice, ``dialled`` the numbers rung and how that ended, ``tools_failed`` the tools
    that ended otherwise than ``ok``, and how. ``texts`` are those the caller's telephone got. ``picked_up_at`` is
    the machine's monotonic clock when the call was picked up, as journals have it, too.
    """

    caller: str
    call_sid: str
    ok: bool
    problems: tuple[str, ...]
    ended_by: str
    duration_s: float
    rang_ms: int
    streams: int
    figures: Figures
    heard: tuple[HeardStretch, ...] = ()
    spoken: tuple[str, ...] = ()
    dialled: tuple[tuple[str, str], ...] = ()
    tools: tuple[str, ...] | None = None
    tools_failed: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    happenings: tuple[Happening, ...] = ()
    violations: tuple[Violation, ...] = ()
    recording: Path | None = None
    clock_late_ms: int = 0
    marks_returned: int = 0
    picked_up_at: float = 0.0
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """The report in what JSON has."""
        return asdict(self) | {"recording": str(self.recording) if self.recording else None}


class Ears(Protocol):
    """What turns a recording into words; may block."""

    def transcribe(self, pcm: bytes, rate: int, languages: Sequence[str]) -> str: ...


async def rehearse(
    base_url: str,
    public_url: str,
    auth_token: str,
    caller: Caller | Prepared,
    *,
    record_to: Path | None,
    rest: TwilioRest | None = None,
    to: str,
    from_: str,
    on_progress: Callable[[Happening], None] | None = None,
    tools_used: Callable[[str], Sequence[str]] | None = None,
    tools_failed: Callable[[str], Sequence[str]] | None = None,
    recogniser: Ears | None = None,
    faults: Faults = NO_FAULTS,
    longest_s: float = LONGEST_S,
    listens: bool = True,
) -> CallReport:
    """Have ``caller`` phone the app at ``base_url``, which believes to be at ``public_url``; judge the call.

    ``tools_used`` gives the names of the tools a call (by its CallSid) used, ``tools_failed`` those that did not end
    well, and how; without them, tools are not judged.
    Without ``record_to`` nothing is recorded, so what was heard is not judged either; nor where nobody ``listens``.
    """
    prepared = caller if isinstance(caller, Prepared) else await asyncio.to_thread(prepare_with, caller)
    who = prepared.caller
    recording = None if record_to is None else Recording(record_to)
    place = Place(base_url, public_url)
    dialling = _dialling(who, place, auth_token, to=to, from_=from_)
    phone = Phone(replace(dialling, faults=faults, longest_s=longest_s), recording, on_progress)
    if rest is not None:
        rest.attach(phone)
    await phone.call(prepared.act)
    report = _told(phone, who, record_to)
    if record_to is not None and phone.streams and listens:
        report = replace(report, heard=await asyncio.to_thread(transcribed, record_to, who.language, recogniser))
    if tools_used is not None:
        report = replace(report, tools=tuple(tools_used(phone.call_sid)))
    if tools_failed is not None:
        report = replace(report, tools_failed=tuple(tools_failed(phone.call_sid)))
    problems = tuple(judge(report, who.expects))
    return replace(report, ok=not problems, problems=problems)


def _dialling(who: Caller, place: Place, auth_token: str, *, to: str, from_: str) -> Dialling:
    return Dialling(
        place=place,
        auth_token=auth_token,
        to=to,
        from_=from_,
        noise_db=who.noise_db,
        echo_db=who.echo_db,
        typing_db=who.typing_db,
        representative=who.representative,
    )


def transcribed(recording: Path, language: str, recogniser: Ears | None = None) -> tuple[HeardStretch, ...]:
    """What the assistant's channel of a recording says, stretch by stretch; blocking."""
    ears = recogniser or load_recogniser((language,))
    languages = (language,) if language == "en" else (language, "en")
    heard = []
    for stretch in stretches(recording, _ASSISTANT):
        text = ears.transcribe(stretch.samples.tobytes(), RATE, languages).strip()
        if text:
            heard.append(HeardStretch(round(stretch.start_s, 2), round(stretch.end_s, 2), text))
    return tuple(heard)


def judge(report: CallReport, expects: Expectations) -> list[str]:
    """Why a caller did not get what they called for; empty if they did."""
    problems = [f"Twilio error {found.code}: {found.problem}" for found in report.violations]
    if report.ended_by == "nobody":
        return [*problems, "the call was not answered"]
    if report.ended_by == "limit":
        problems.append("the call had to be cut: it did not end by itself")
    problems += _unheard(report, expects) + _unmeasured(report, expects)
    if expects.ended_by is not None and report.ended_by not in (expects.ended_by, "limit"):
        problems.append(f"the call was ended by the {report.ended_by}, not by the {expects.ended_by}")
    if expects.handed_off and not any(ended == "completed" for _, ended in report.dialled):
        problems.append("the caller was not put through to a representative")
    untold = [regex for regex in expects.texts if not any(re.search(regex, text, re.I) for text in report.texts)]
    problems += [f"no text said {regex}" for regex in untold]
    missing = [] if report.tools is None else [name for name in expects.tools if name not in report.tools]
    problems += [f"the tool {name} was not used" for name in missing]
    return problems + [f"the tool {failed}" for failed in report.tools_failed if expects.tools_ok]


def _unheard(report: CallReport, expects: Expectations) -> list[str]:
    if report.figures.first_sound_ms is None and not report.spoken:
        return ["the caller heard nothing"]
    problems = []
    if report.recording is not None or report.spoken:
        words = " ".join([*(stretch.text for stretch in report.heard), *report.spoken])
        wanted = [regex for regex in expects.heard if not re.search(regex, words, re.IGNORECASE)]
        problems += [f"the caller did not hear {regex}" for regex in wanted]
    if report.figures.answers < expects.answers and not _declined(report):
        problems.append(f"{report.figures.answers} of the caller's {expects.answers} turns were answered")
    if report.figures.cut_off_ms and report.ended_by == "app":
        problems.append(f"{report.figures.cut_off_ms} ms of the assistant's last words were cut off")
    return problems


def _declined(report: CallReport) -> bool:
    """The call was not taken: Twilio's voice said why, or put the caller through."""
    return report.streams == 0 and bool(report.spoken)


def _unmeasured(report: CallReport, expects: Expectations) -> list[str]:
    figures = report.figures
    problems = []
    if len(figures.barge_ins_ms) < expects.barge_ins:
        problems.append(f"{len(figures.barge_ins_ms)} barge-ins, not {expects.barge_ins}")
    if expects.barge_ins:
        slow = [ms for ms in figures.barge_ins_ms if ms is None or ms > expects.silent_within_ms]
        problems += [f"a barge-in was {'never' if ms is None else f'{ms} ms later'} silent" for ms in slow]
    limit_ms = expects.first_sound_within_ms
    if limit_ms is not None and figures.first_sound_ms is not None and figures.first_sound_ms > limit_ms:
        problems.append(f"first sound after {figures.first_sound_ms} ms, not {limit_ms} ms")
    return problems


def _told(phone: Phone, who: Caller, record_to: Path | None) -> CallReport:
    late = round(phone.late_ms)
    return CallReport(
        caller=who.name,
        call_sid=phone.call_sid,
        ok=False,
        problems=(),
        ended_by=phone.ended_by or "nobody",
        duration_s=round(phone.duration_s, 2),
        rang_ms=phone.rang_ms,
        streams=phone.streams,
        figures=phone.listening.ended(),
        spoken=tuple(phone.spoken),
        dialled=tuple(phone.dialled),
        texts=tuple(phone.texts_received),
        happenings=tuple(phone.notes.happenings),
        violations=tuple(phone.notes.violations),
        recording=record_to if phone.streams else None,
        clock_late_ms=late,
        marks_returned=phone.marks_returned,
        picked_up_at=phone.picked_up_at or 0.0,
        notes=(f"this machine was {late} ms late: the figures are too long",) if late > LATE_MS else (),
    )
