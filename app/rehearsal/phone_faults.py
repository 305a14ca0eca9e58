"""What can be wrong with a phone or its network, and what its stream then sends. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.rehearsal.phone_messages import Writer
from app.rehearsal.phone_sound import FRAME_MS, SILENCE

_MALFORMED = ("{", '{"event":"media"}', "[]", '{"event":"surprise","streamSid":"MZ0"}')
_BINARY = b"\x00\x01\x02" * 40
_STORM_PER_FRAME = 2  # malformed messages in 20 ms: a hundred a second


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong, on request.

    ``gap_ms`` of the caller's sound are missing every ``gap_every_s``; ``abrupt_after_s`` the socket breaks
    without ``stop``; ``malformed_every_s`` a message comes that no Twilio would send, with ``strange`` also binary
    ones and those of another stream; ``storm_after_s`` a hundred of them a second. ``oversized_after_s`` one message
    has ``oversized_bytes``. ``reorder_every_s`` two frames change places, ``duplicate_every_s`` one comes twice.
    ``flood_after_s`` every frame is followed by new ones, ``flood_times`` as many in all, for ``flood_s``.
    ``stall_after_s`` nothing is sent any more and the socket stays. ``keys`` are pressed within a second from
    ``keys_after_s`` on. ``two_starts``: ``start`` comes twice, and sound before the first. ``rings``: so often the
    first webhook is sent. ``first_only``: a second stream of the call is as it should be.
    """

    gap_every_s: float = 0.0
    gap_ms: int = 0
    abrupt_after_s: float | None = None
    malformed_every_s: float = 0.0
    strange: bool = False
    storm_after_s: float | None = None
    oversized_after_s: float | None = None
    oversized_bytes: int = 100_000
    reorder_every_s: float = 0.0
    duplicate_every_s: float = 0.0
    flood_after_s: float | None = None
    flood_s: float = 1.0
    flood_times: int = 10
    stall_after_s: float | None = None
    keys: str = ""
    keys_after_s: float = 1.0
    wrong_signature: bool = False
    no_start: bool = False
    two_starts: bool = False
    rings: int = 1
    first_only: bool = False


NO_FAULTS = Faults()


class Unruly:
    """What one stream sends: the frame that is due, and what its faults make of it."""

    def __init__(self, faults: Faults, writer: Writer) -> None:
        self._faults = faults
        self._writer = writer
        self._held: str | None = None  # waits for the next frame to go first
        self._flooded_ms = 0

    def greeting(self, parameters: Mapping[str, str]) -> Iterator[str]:
        """What follows ``connected``."""
        if self._faults.no_start:
            return
        if self._faults.two_starts:
            yield self._writer.early_media(SILENCE)
        yield self._writer.start(parameters)
        if self._faults.two_starts:
            yield self._writer.start(parameters)

    def stalled(self, at_ms: int) -> bool:
        """Whether nothing is sent any more."""
        after_s = self._faults.stall_after_s
        return after_s is not None and at_ms >= after_s * 1000

    def sent(self, number: int, codes: bytes, timestamp_ms: int) -> list[str | bytes]:
        """The messages of the frame with this number (from 1)."""
        at_ms = number * FRAME_MS
        if self.stalled(at_ms):
            return []
        messages = list(self._strange(number, at_ms))
        if not self._missing(number) and not self._faults.no_start:
            messages += self._sound(number, codes, timestamp_ms + self._flooded_ms)
            messages += self._flood(at_ms, codes, timestamp_ms)
        return messages

    def _sound(self, number: int, codes: bytes, timestamp_ms: int) -> Iterator[str]:
        frame = self._writer.media(codes, timestamp_ms)
        if _due(self._faults.reorder_every_s, number):
            self._held = frame
            return
        yield frame
        if _due(self._faults.duplicate_every_s, number):
            yield frame
        if self._held is not None:
            held, self._held = self._held, None
            yield held

    def _flood(self, at_ms: int, codes: bytes, timestamp_ms: int) -> Iterator[str]:
        after_s = self._faults.flood_after_s
        if after_s is None or not after_s * 1000 <= at_ms < (after_s + self._faults.flood_s) * 1000:
            return
        for _ in range(self._faults.flood_times - 1):
            self._flooded_ms += FRAME_MS
            yield self._writer.media(codes, timestamp_ms + self._flooded_ms)

    def _strange(self, number: int, at_ms: int) -> Iterator[str | bytes]:
        faults = self._faults
        period = _period(faults.malformed_every_s)
        if period and number % period == 0:
            yield self._malformed(number // period)
        if faults.storm_after_s is not None and at_ms >= faults.storm_after_s * 1000:
            yield from _MALFORMED[:_STORM_PER_FRAME]
        if faults.oversized_after_s is not None and number == _period(faults.oversized_after_s):
            yield json.dumps({"event": "media", "payload": "A" * faults.oversized_bytes})
        first = _period(faults.keys_after_s)
        if first <= number < first + 50:
            share = -(-len(faults.keys) // 50)
            start = (number - first) * share
            yield from (self._writer.dtmf(key) for key in faults.keys[start : start + share])

    def _malformed(self, turn: int) -> str | bytes:
        if not self._faults.strange:
            return _MALFORMED[turn % len(_MALFORMED)]
        return (*_MALFORMED, _BINARY, self._writer.of_another_stream())[turn % (len(_MALFORMED) + 2)]

    def _missing(self, number: int) -> bool:
        period = _period(self._faults.gap_every_s)
        return period > 0 and number >= period and number % period < self._faults.gap_ms // FRAME_MS


def _period(every_s: float) -> int:
    return round(every_s * 1000 / FRAME_MS)


def _due(every_s: float, number: int) -> bool:
    period = _period(every_s)
    return period > 0 and number % period == 0
