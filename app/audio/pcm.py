"""A stretch of sound: 16-bit little-endian mono PCM and its rate."""

from dataclasses import dataclass

BYTES_PER_SAMPLE = 2
PHONE_RATE = 8_000  # hertz, what G.711 carries
MODEL_INPUT_RATE = 16_000  # hertz, what Gemini Live hears best (facts/live-api.md §5.3)
MODEL_OUTPUT_RATE = 24_000  # hertz, what Gemini Live speaks


@dataclass(frozen=True, slots=True)
class Audio:
    """Sound on its way through the middle of the house.

    ``pcm`` is 16-bit little-endian mono, a whole number of samples; ``rate`` is in hertz.
    """

    pcm: bytes
    rate: int

    @property
    def ms(self) -> float:
        """Length in milliseconds."""
        return len(self.pcm) * 500.0 / self.rate


def silence(ms: int, rate: int) -> Audio:
    """Digital silence of ``ms`` whole milliseconds."""
    return Audio(bytes(ms * rate // 1000 * BYTES_PER_SAMPLE), rate)
