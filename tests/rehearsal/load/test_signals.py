"""Sound that is a time stamp comes through a telephone."""

import numpy as np
import pytest

from app.audio import mulaw
from app.audio.resample import PhoneEncoder
from app.rehearsal.load import signals


@pytest.mark.parametrize("identity", [0, 1, 0x123, 0xABC, signals.IDENTITIES - 1])
def test_who_speaks_is_known_after_a_phone_has_carried_it(identity: int) -> None:
    quiet = np.zeros(4_800, np.int16)
    sound = np.concatenate([quiet, signals.header(24_000, identity), quiet])
    encoder = PhoneEncoder()
    heard = mulaw.decode(encoder.process(sound.astype("<i2").tobytes()) + encoder.flush())
    at = signals.onset(heard)
    assert abs(at / 8 - 200 - 3.5) < 2
    assert signals.identity_in(np.frombuffer(heard, "<i2")[at:], 8_000) == identity
    assert signals.identity_in(np.frombuffer(heard, "<i2")[at : at + 800], 8_000) is None


def test_nothing_but_a_burst_is_loud() -> None:
    assert signals.onset(signals.voice(8_000, 12).astype("<i2").tobytes()) == -1
    assert signals.onset(signals.burst(8_000).astype("<i2").tobytes()) >= 0
    assert signals.onset(b"") == -1
