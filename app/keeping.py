"""What is kept of a call, and what not: its recording if there is one, and the redaction of words and sound."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from app.call.commands import RunTool
from app.call.consent import KEYS
from app.call.machine import Call
from app.prompts.line import Line
from app.recording.call import CallRecording
from app.recording.recorder import Recorder
from app.redaction.hiding import Hiding
from app.redaction.records import RecordRedaction, no_silence


def recording_of(
    recorder: Recorder | None, line: Line, call_sid: str, at: datetime, call: Call
) -> CallRecording | None:
    """The recording of a call that began ``at``, where its line has one."""
    if recorder is None or line.recording == "off":
        return None
    return recorder.of_call(call_sid, line.name, at, consented=call.consented)


def redaction_of(line: Line, recording: CallRecording | None) -> RecordRedaction:
    """The redaction of the call's records, and of the same words' sound."""
    silence = no_silence if recording is None else recording.silence
    return RecordRedaction(line.languages[0], kept_by(line), silence)


def hiding_of(line: Line, known_by: Callable[[RunTool], str]) -> Hiding:
    """The redaction of the call's journal; ``known_by`` tells what a tool's use is known by."""
    return Hiding(line.languages[0], kept_by(line), _choosing(line), known_by)


def kept_by(line: Line) -> tuple[re.Pattern[str], ...]:
    """What the line's records keep though it looks like a number of a person."""
    return _kept(line.not_redacted)


@lru_cache(maxsize=256)
def _kept(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(map(re.compile, patterns))


def _choosing(line: Line) -> frozenset[str]:
    """The keys that choose a language, or allow recording, as the call begins."""
    languages = frozenset(line.language_keys) if line.language_policy == "ask" else frozenset()
    return languages | frozenset(KEYS if line.recording == "ask" else ())
