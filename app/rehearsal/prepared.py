"""A rehearsed caller made ready: every word of theirs as sound, and how they go through a call step by step."""

import re
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from app.rehearsal.callers import (
    ANSWER_LIMIT_S,
    DIGITS,
    Caller,
    EnterCode,
    HangUp,
    Interrupt,
    Listen,
    Mumble,
    PlayFile,
    Press,
    Say,
    SendPhoto,
    Silence,
    Step,
    Text,
    Tone,
    Wait,
    WaitForEnd,
)
from app.rehearsal.phone import Phone
from app.rehearsal.phone_sound import Samples, at_phone_rate, muffled, spoken
from app.rehearsal.speech import Voice, load_voice

_VOICE_RATE = 24_000  # hertz, of Voice
_CODE = re.compile(r"(?<!\d)\d{4,8}(?!\d)")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A caller whose every word is already sound, so that nothing is left to compute while the call runs."""

    caller: Caller
    sounds: Mapping[Step, Samples]

    async def act(self, phone: Phone) -> None:
        """Lead the caller's side of a call, to its end."""
        for step in self.caller.steps:
            if phone.over:
                return
            await self._take(step, phone)
        phone.hang_up()

    async def _take(self, step: Step, phone: Phone) -> None:
        match step:
            case Say(text, cut_after_ms):
                await self._say(step, text, phone, cut_after_ms)
            case Interrupt(text, after_ms):
                await phone.until(lambda: heard_for(phone, after_ms), ANSWER_LIMIT_S)
                await self._say(step, text, phone)
            case Mumble(text):
                await self._say(step, f"(mumbles) {text}", phone)
            case PlayFile(path):
                await self._say(step, f"(plays {path.name})", phone)
            case Press(keys):
                await phone.press(keys)
            case Text(body):
                await phone.text(body)
            case SendPhoto(path, body):
                await phone.photo(path, body)
            case EnterCode(spoken, at_most_s):
                await self._enter_code(phone, spoken=spoken, at_most_s=at_most_s)
            case Wait() | Listen() | Tone() | Silence() | WaitForEnd():
                await _wait(step, phone)
            case HangUp():
                phone.hang_up()

    async def _enter_code(self, phone: Phone, *, spoken: bool, at_most_s: float) -> None:
        if not await phone.until(lambda: bool(code_in(phone.texts_received)), at_most_s):
            return
        code = code_in(phone.texts_received)
        if not spoken:
            await phone.press(code)
            return
        for digit in code:
            await self._say(DIGITS[int(digit)], digit, phone)

    async def _say(self, step: Step, words: str, phone: Phone, cut_after_ms: int | None = None) -> None:
        samples = self.sounds[step]
        phone.say(samples, words)
        whole_s = len(samples) / 8_000 + 1.0
        cut_s = whole_s if cut_after_ms is None else cut_after_ms / 1000
        await phone.until(lambda: not phone.speaking, cut_s)


async def _wait(step: Wait | Listen | Tone | Silence | WaitForEnd, phone: Phone) -> None:
    match step:
        case Wait(at_most_s, finished_ms):
            await phone.until(lambda: finished(phone, finished_ms), at_most_s)
        case Listen(regex, at_most_s):
            await phone.until(lambda: any(re.search(regex, said, re.I) for said in phone.spoken), at_most_s)
        case Tone(at_most_s):
            await phone.until(lambda: phone.asked.recording, at_most_s)
        case Silence(seconds) | WaitForEnd(seconds):
            await phone.until(lambda: False, seconds)


def code_in(texts: Sequence[str]) -> str:
    """The code in the newest text that has one, empty if none has."""
    codes = (found.group() for text in reversed(texts) if (found := _CODE.search(text)))
    return next(codes, "")


def finished(phone: Phone, finished_ms: int) -> bool:
    """Has the assistant answered, and been silent since for so long?"""
    return phone.listening.answered and phone.listening.quiet_ms(phone.now) >= finished_ms


def heard_for(phone: Phone, after_ms: int) -> bool:
    """Has the assistant's answer begun so long ago?"""
    listening = phone.listening
    return listening.answered and (phone.now - listening.answer_began_s) * 1000 >= after_ms


def prepare(caller: Caller, voice: Voice) -> Prepared:
    """Make every sound of a caller; takes tenths of a second, so for a thread."""
    says_code = any(isinstance(step, EnterCode) and step.spoken for step in caller.steps)
    steps = (*caller.steps, *DIGITS) if says_code else caller.steps
    sounds = {step: sound for step in steps if (sound := _sound(step, caller.language, voice)) is not None}
    return Prepared(caller, sounds)


def prepare_with(caller: Caller, kind: Literal["real", "tones"] = "real") -> Prepared:
    """Load a voice and make every sound of a caller: about a second, so for a thread. Raises SpeechUnavailable."""
    return prepare(caller, load_voice(kind, (caller.language,)))


def _sound(step: Step, language: str, voice: Voice) -> Samples | None:
    match step:
        case Say(text) | Interrupt(text):
            return spoken(_said(text, language, voice))
        case Mumble(text):
            return muffled(_said(text, language, voice))
        case PlayFile(path):
            return read_wav(path)
    return None


def _said(text: str, language: str, voice: Voice) -> Samples:
    pcm = b"".join(voice.speak(text, language))
    return at_phone_rate(np.frombuffer(pcm, np.int16), _VOICE_RATE)


def read_wav(path: Path) -> Samples:
    """The first channel of a 16-bit PCM WAV at 8 kHz, at its own loudness. Raises ValueError for anything else."""
    try:
        with wave.open(str(path), "rb") as file:
            if file.getsampwidth() != 2:
                raise ValueError(f"{path}: {8 * file.getsampwidth()} bits a sample; 16 are needed")
            samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
            return at_phone_rate(samples.reshape(-1, file.getnchannels())[:, 0].copy(), file.getframerate())
    except (wave.Error, EOFError) as problem:
        raise ValueError(f"{path}: not a PCM WAV file ({problem})") from problem
