"""What a caller does while Twilio asks: keys for a ``<Gather>``, words after the tone of a ``<Record>``."""

import io
import wave
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime

import numpy as np

from app.rehearsal.phone_sound import FRAME_MS, LOUD_RMS, RATE, Samples, rms
from app.rehearsal.phone_twiml import Gather, Pause, Record, Say
from app.rehearsal.phone_webhooks import sid

TONE_S = 0.5
HUNG_UP = "hangup"  # the word for it among digits: https://www.twilio.com/docs/voice/twiml/record
Until = Callable[[Callable[[], bool], float], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Taped:
    """What a ``<Record>`` took: 8 kHz samples, and the key that ended it, if one did."""

    sid: str
    samples: Samples
    key: str
    began: datetime

    @property
    def duration_s(self) -> int:
        return round(len(self.samples) / RATE)

    def url(self, account_sid: str) -> str:
        return f"https://api.twilio.com/2010-04-01/Accounts/{account_sid}/Recordings/{self.sid}"

    def wav(self) -> bytes:
        """As the REST API hands it out: 16 bits, mono, 8 kHz."""
        written = io.BytesIO()
        with wave.open(written, "wb") as file:
            file.setparams((1, 2, RATE, 0, "NONE", ""))
            file.writeframes(self.samples.tobytes())
        return written.getvalue()

    def parameters(self, account_sid: str) -> dict[str, str]:
        """What the action of the verb is told."""
        told = {"RecordingUrl": self.url(account_sid), "RecordingSid": self.sid}
        return told | {"RecordingDuration": str(self.duration_s), "Digits": self.key}

    def status_parameters(self, account_sid: str, call_sid: str) -> dict[str, str]:
        """What its status callback is told; no numbers are among it."""
        return {
            "AccountSid": account_sid,
            "CallSid": call_sid,
            "RecordingSid": self.sid,
            "RecordingUrl": self.url(account_sid),
            "RecordingStatus": "completed",
            "RecordingDuration": str(self.duration_s),
            "RecordingChannels": "1",
            "RecordingStartTime": format_datetime(self.began),
            "RecordingSource": "RecordVerb",
        }


@dataclass(slots=True)
class Asked:
    """Takes in every key pressed and every frame spoken; ``shelf`` keeps recordings for the app to fetch."""

    shelf: dict[str, bytes] | None = None
    keys: str = ""
    recording: bool = False
    _frames: list[Samples] = field(default_factory=list)
    _quiet_frames: int = 0

    def press(self, key: str) -> None:
        self.keys += key

    def frame(self, samples: Samples) -> None:
        """20 ms of the caller."""
        if self.recording:
            self._frames.append(samples)
            self._quiet_frames = 0 if rms(samples) > LOUD_RMS else self._quiet_frames + 1

    async def gather(self, verb: Gather, sounds_s: Callable[[Say | Pause], float], until: Until) -> str:
        """The digits keyed in, until there are enough, or none for too long. A key breaks into the prompts."""
        self.keys = ""
        for prompt in verb.prompts:
            if not self.keys:
                await until(lambda: bool(self.keys), sounds_s(prompt))
        return await self._digits(verb, until)

    async def _digits(self, verb: Gather, until: Until) -> str:
        while not _complete(self.keys, verb):
            before = len(self.keys)
            if not await until(lambda before=before: len(self.keys) > before, verb.timeout_s):  # type: ignore[misc]
                break
        return self.keys.partition(verb.finish)[0][: verb.most] if verb.finish else self.keys[: verb.most]

    async def record(self, verb: Record, until: Until, over: Callable[[], bool]) -> Taped | None:
        """What is said until a key, a silence or the limit; None for nothing."""
        if verb.beeps:
            await until(lambda: False, TONE_S)
        began = datetime.now(UTC)
        self.keys, self._frames, self._quiet_frames = "", [], 0
        self.recording = True
        await until(lambda: self._ends(verb), verb.longest_s)
        self.recording = False
        samples = _trimmed(self._frames) if verb.trims else _joined(self._frames)
        if not samples.size:
            return None
        key = next((key for key in self.keys if key in verb.finish), HUNG_UP if over() else "")
        taped = Taped(sid("RE"), samples, key, began)
        if self.shelf is not None:
            self.shelf[taped.sid] = taped.wav()
        return taped

    def _ends(self, verb: Record) -> bool:
        return any(key in verb.finish for key in self.keys) or self._quiet_frames * FRAME_MS >= verb.silence_s * 1000


def _complete(keys: str, verb: Gather) -> bool:
    return bool(verb.finish and verb.finish in keys) or (verb.most is not None and len(keys) >= verb.most)


def _trimmed(frames: list[Samples]) -> Samples:
    """Without the silence at both ends; nothing when there is no sound in it."""
    loud = [number for number, frame in enumerate(frames) if rms(frame) > LOUD_RMS]
    return _joined(frames[loud[0] : loud[-1] + 1]) if loud else np.zeros(0, np.int16)


def _joined(frames: list[Samples]) -> Samples:
    return np.concatenate(frames) if frames else np.zeros(0, np.int16)
