"""G.711 by the book, and sound brought to a telephone's rate and loudness."""

import hashlib

import numpy as np
import pytest

from app.rehearsal.phone_mouth import ECHO_DELAY_MS, Mouth
from app.rehearsal.phone_sound import (
    FRAME,
    FRAME_MS,
    LOUD_RMS,
    RATE,
    at_phone_rate,
    decode,
    encode,
    muffled,
    noise,
    rms,
    spoken,
)


def test_the_decoding_table_is_that_of_g711() -> None:
    digest = hashlib.sha256(decode(bytes(range(256))).astype("<i2").tobytes()).hexdigest()
    assert digest == "3dab54339e520bb2c924826e3b72a917a2b612e9fd12fc867500f1d983a75827"


def test_the_encoding_table_is_that_of_g711() -> None:
    every = np.arange(65_536, dtype=np.uint16).view(np.int16)
    digest = hashlib.sha256(encode(every)).hexdigest()
    assert digest == "2164b097996c76b0841ad9b358177cd565b75137044900f601afe9d7d5a1e3d9"


def test_silence_is_ff_and_full_scale_saturates() -> None:
    assert encode(np.array([0, 32_767, -32_768], np.int16)) == b"\xff\x80\x00"


def _tone(hertz: float, rate: int, seconds: float = 0.5) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return np.asarray(10_000 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate), np.int16)


@pytest.mark.parametrize("rate", [16_000, 22_050, 24_000, 48_000])
def test_a_recording_of_any_rate_keeps_what_a_telephone_carries_and_loses_the_rest(rate: int) -> None:
    kept, lost = at_phone_rate(_tone(1_000, rate), rate), at_phone_rate(_tone(6_000, rate), rate)
    assert len(kept) == pytest.approx(RATE / 2, abs=1)
    assert rms(kept[400:-400]) == pytest.approx(7_071, rel=0.03)
    assert rms(lost[400:-400]) < 20


def test_an_utterance_has_no_silence_around_it_and_an_ordinary_loudness() -> None:
    quiet = np.zeros(RATE, np.int16)
    said = spoken(np.concatenate((quiet, _tone(500, RATE) // 8, quiet)))
    assert len(said) == pytest.approx(RATE / 2, abs=2 * FRAME)
    assert rms(said) == pytest.approx(2_603, rel=0.02)


def test_line_noise_lies_as_far_below_speech_as_asked() -> None:
    assert 20 * np.log10(2_603 / rms(noise(20))) == pytest.approx(20, abs=0.2)


def test_a_muffled_voice_is_as_loud_and_has_lost_what_words_are_made_of() -> None:
    voice = _tone(200, RATE) // 2 + _tone(1_500, RATE) // 2
    muted = muffled(voice)
    spectrum = np.abs(np.fft.rfft(muted.astype(np.float64)))
    at = len(muted) / RATE
    assert rms(muted) == pytest.approx(2_603, rel=0.02)
    assert spectrum[round(1_500 * at)] < spectrum[round(200 * at)] / 1_000


def test_a_mouth_says_what_it_was_given_and_then_nothing() -> None:
    mouth = Mouth()
    mouth.say(np.full(FRAME + 40, 500, np.int16))
    assert mouth.pull().tolist() == [500] * FRAME
    assert mouth.speaking
    assert mouth.pull().tolist() == [500] * 40 + [0] * (FRAME - 40)
    assert not mouth.speaking


def test_noise_is_on_the_line_while_nobody_speaks() -> None:
    mouth = Mouth(noise_db=20)
    frames = np.concatenate([mouth.pull() for _ in range(400)])
    assert rms(frames) == pytest.approx(260, rel=0.1)


def test_typing_is_short_and_far_between_and_as_loud_as_asked() -> None:
    mouth = Mouth(typing_db=6)
    levels = np.array([rms(mouth.pull()) for _ in range(350)])
    assert max(levels) == pytest.approx(2_603 / 2, rel=0.02)
    assert 0.6 < (levels < LOUD_RMS).mean() < 0.95


def test_echo_is_the_assistants_sound_weaker_and_later() -> None:
    mouth = Mouth(echo_db=20)
    mouth.hear(np.full(FRAME, 10_000, np.int16))
    returned = []
    for _ in range(ECHO_DELAY_MS // FRAME_MS + 1):
        returned.append(int(mouth.pull()[0]))
        mouth.hear(np.zeros(FRAME, np.int16))
    assert returned == [0] * (ECHO_DELAY_MS // FRAME_MS - 1) + [1_000, 0]
