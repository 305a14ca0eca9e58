"""The sound of the house behind the interface that the acceptance tests of sound ask for."""

from app.audio import mulaw
from app.audio.resample import Downsampler, PhoneEncoder, Upsampler


class Adapter:
    """Streams and µ-law functions; the inbound stream is composed of ``ulaw_decode`` and ``resampler``."""

    name = "frontline"

    def resampler(self, in_rate: int, out_rate: int) -> Upsampler | Downsampler:
        if (in_rate, out_rate) == (8_000, 16_000):
            return Upsampler()
        if (in_rate, out_rate) == (24_000, 8_000):
            return Downsampler()
        raise NotImplementedError(f"{in_rate} Hz to {out_rate} Hz")

    def outbound(self) -> PhoneEncoder:
        return PhoneEncoder()

    def ulaw_decode(self, data: bytes) -> bytes:
        return mulaw.decode(data)

    def ulaw_encode(self, data: bytes) -> bytes:
        return mulaw.encode(data)


adapter = Adapter()
