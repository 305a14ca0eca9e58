"""WAV files of µ-law: both sides interleaved, 8 kHz, a byte a sample, exactly as the telephone carries them.

http://www-mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/WAVE.html (format 7, with the extension's size, and a fact
chunk)
"""

import struct
from typing import Final

from app.audio.pcm import PHONE_RATE

SIDES: Final = 2
HEADER: Final = 58  # bytes before the sound
PER_S: Final = PHONE_RATE * SIDES

_MULAW = 7
_FORM = struct.Struct("<4sI4s4sIHHIIHHH4sII4sI")
_MOST = 0xFFFFFFFF - HEADER


def header(samples: int) -> bytes:
    """The header for so many samples of each side."""
    size = min(samples * SIDES, _MOST)
    return _FORM.pack(
        *(b"RIFF", HEADER - 8 + size, b"WAVE"),
        *(b"fmt ", 18, _MULAW, SIDES, PHONE_RATE, PER_S, SIDES, 8, 0),
        *(b"fact", 4, samples),
        *(b"data", size),
    )


def place(at_s: float) -> int:
    """Where in the file a time stands, in bytes."""
    return HEADER + max(0, round(at_s * PHONE_RATE)) * SIDES
