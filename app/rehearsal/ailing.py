"""How a session sounds that is unwell: silent, a tone, or going on without words. Pure."""

import math
from collections.abc import Iterator

import numpy as np

from app.rehearsal.faults import Fault

RATE = 24_000
MESSAGE_BYTES = 11_520  # 240 ms
LASTS_S = 14.0  # as long as a tone was heard from the service: https://github.com/googleapis/python-genai/issues/2715
_TONE_HZ = 440  # whole cycles a second: a second of it can be repeated
_TONE_LEVEL = 4_000

Piece = tuple[str, bytes]  # words, and the sound they belong to


def spoilt(fault: Fault, pieces: list[Piece], sent_s: float) -> list[Piece]:
    """A sentence's messages as this session says them, ``sent_s`` into its turn."""
    if fault.silent_audio:
        return [(words, bytes(len(sound))) for words, sound in pieces]
    if fault.tone:
        return [(words, tone(sent_s, len(sound))) for words, sound in pieces]
    if fault.transcript_stall:
        return [(words if not sent_s and not at else "", sound) for at, (words, sound) in enumerate(pieces)]
    return pieces


def endless(fault: Fault, last: bytes, sent_s: float) -> Iterator[bytes]:
    """What follows the last sentence of a turn that does not end when it should; ``last`` is that sentence's sound."""
    if not (fault.tone or fault.transcript_stall) or not last:
        return
    sound = last * (int(LASTS_S * 2 * RATE) // len(last) + 1)
    left = max(0, int((LASTS_S - sent_s) * RATE)) * 2
    for at in range(0, left - MESSAGE_BYTES, MESSAGE_BYTES):
        message = sound[at : at + MESSAGE_BYTES]
        yield tone(sent_s + at / 2 / RATE, len(message)) if fault.tone else message


def tone(from_s: float, length: int) -> bytes:
    """So many bytes of a steady tone that began ``from_s`` before."""
    start = round(from_s * RATE)
    return np.take(_SECOND, range(start, start + length // 2), mode="wrap").astype("<i2").tobytes()


_SECOND = _TONE_LEVEL * np.sin(2 * math.pi * _TONE_HZ * np.arange(RATE) / RATE)
