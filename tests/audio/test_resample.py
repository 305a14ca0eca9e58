"""Resampling keeps the telephone band, lets nothing else through, and does not care how the sound is cut."""

import hashlib
from collections.abc import Callable

import numpy as np
import pytest

from app.audio import mulaw
from app.audio.resample import Downsampler, PhoneEncoder, Upsampler, integer_taps
from tests.audio.signals import (
    FULL_SCALE,
    Stream,
    above,
    amplitude,
    db,
    fit,
    from_pcm,
    in_pieces,
    lcg_samples,
    noise,
    rms,
    steady_part,
    to_pcm,
    tone,
    voice,
)

BOTH = [pytest.param(Upsampler, 8_000, 16_000, id="up"), pytest.param(Downsampler, 24_000, 8_000, id="down")]
ALL = [
    pytest.param(Upsampler, 8_000, id="up"),
    pytest.param(Downsampler, 24_000, id="down"),
    pytest.param(PhoneEncoder, 24_000, id="phone"),
]
Make = Callable[[], Stream]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def whole(stream: Stream, pcm: bytes) -> bytes:
    return stream.process(pcm) + stream.flush()


# ---- frozen


def test_the_taps_are_the_frozen_ones() -> None:
    down, up = integer_taps(24_000), integer_taps(16_000, 2)
    assert sha256(down.astype("<i4").tobytes()) == "059663c4614daa00c0866a9a1cf886942f0c4c20654eb6c65816d942b0c56527"
    assert sha256(up.astype("<i4").tobytes()) == "8ae161991a216c67e960261ea94c91c56db52034cdf3f7be1d72bed9ed470abe"


def test_the_output_is_the_frozen_one_to_the_bit() -> None:
    samples = lcg_samples(24_000)
    fast, slow = (samples >> 1).astype("<i2").tobytes(), (samples[:8_000] >> 1).astype("<i2").tobytes()
    codes = ((samples[:8_000] >> 8) & 255).astype(np.uint8).tobytes()
    found = [
        sha256(whole(Downsampler(), fast)),
        sha256(whole(Upsampler(), slow)),
        sha256(whole(PhoneEncoder(), fast)),
        sha256(whole(Upsampler(), mulaw.decode(codes))),
    ]
    assert found == [
        "82cb313c8b87ae3537d5766264de0cc5b983621b0024d35dfaa7c2a61a7b7b1a",
        "7d6a930f126145c3280c6a437fe0462c4dd2753fd7752db50f8ce39346c35eda",
        "ab6c43414f5adbbf3b2841e8667802fd59cbb2bb8760530b2265903a3b7ced93",
        "ecc43db3c0522ec8366231220b66796123987c9a7e22b4452e56e983eefe5af6",
    ]


# ---- what passes and what does not


@pytest.mark.parametrize("hz", [*range(4_607, 12_000, 700), 7_993, 8_007, 11_907])
def test_what_the_phone_cannot_carry_is_70_db_down(hz: int) -> None:
    heard = steady_part(Downsampler, tone(hz, 24_000, 0.3, -1), 24_000, 8_000)
    assert db(rms(heard) / (amplitude(-1) / np.sqrt(2))) <= -70


@pytest.mark.parametrize("hz", [4_207, 4_307, 4_407, 4_557])
def test_what_the_phone_just_cannot_carry_is_60_db_down(hz: int) -> None:
    heard = steady_part(Downsampler, tone(hz, 24_000, 0.3, -1), 24_000, 8_000)
    assert db(rms(heard) / (amplitude(-1) / np.sqrt(2))) <= -60


@pytest.mark.parametrize(("hz", "least_db"), [(307, 70), (997, 70), (2_007, 70), (3_397, 70), (3_607, 50)])
def test_the_image_of_a_tone_is_far_below_it(hz: int, least_db: int) -> None:
    heard = steady_part(Upsampler, tone(hz, 8_000, 0.5, -1), 8_000, 16_000)
    assert db(rms(heard) / above(heard, 4_000, 16_000)) >= least_db


@pytest.mark.parametrize(("make", "rate", "out_rate"), BOTH)
def test_the_telephone_band_is_flat_within_a_tenth_of_a_db(make: Make, rate: int, out_rate: int) -> None:
    for hz in (307, 607, 1_007, 1_507, 2_007, 2_507, 3_007, 3_397):
        found, _ = fit(steady_part(make, tone(hz, rate, 0.3, -6), rate, out_rate), hz, out_rate)
        assert abs(db(found / amplitude(-6))) <= 0.1, hz


@pytest.mark.parametrize(
    ("make", "rate", "out_rate", "dbfs", "least_db"),
    [(Downsampler, 24_000, 8_000, -1, 94), (Downsampler, 24_000, 8_000, -20, 75), (Upsampler, 8_000, 16_000, -1, 88)],
)
def test_a_tone_comes_through_clean(make: Make, rate: int, out_rate: int, dbfs: float, least_db: float) -> None:
    found, rest = fit(steady_part(make, tone(997, rate, 1.0, dbfs), rate, out_rate), 997, out_rate)
    assert db(found / np.sqrt(2) / rms(rest)) >= least_db


@pytest.mark.parametrize(("dbfs", "least_db"), [(-10, 36.5), (-50, 29.0)])
def test_a_tone_comes_through_mulaw_as_clean_as_mulaw_can_be(dbfs: float, least_db: float) -> None:
    codes = PhoneEncoder().process(to_pcm(tone(997, 24_000, 1.0, dbfs)))
    found, rest = fit(from_pcm(mulaw.decode(codes))[1_000:], 997, 8_000)
    assert db(found / np.sqrt(2) / rms(rest)) >= least_db


@pytest.mark.parametrize(("make", "rate", "out_rate"), BOTH)
def test_a_constant_stays_one(make: Make, rate: int, out_rate: int) -> None:
    heard = from_pcm(make().process(to_pcm(np.full(rate // 2, 12_345.0))))[400:]
    assert np.abs(heard - 12_345).max() <= 1


def test_silence_stays_silence() -> None:
    assert set(PhoneEncoder().process(bytes(48_000))) == {mulaw.SILENCE}
    assert not any(Upsampler().process(mulaw.decode(bytes([mulaw.SILENCE]) * 8_000)))
    assert not any(Downsampler().process(bytes(48_000)))


def test_faint_noise_gives_no_steady_offset() -> None:
    faint = np.rint(np.random.default_rng(1).normal(0, 1, 24_000))
    assert abs(from_pcm(mulaw.decode(PhoneEncoder().process(to_pcm(faint)))).mean()) <= 0.3


@pytest.mark.parametrize(("make", "rate", "out_rate"), BOTH)
def test_too_loud_a_sound_is_held_at_full_scale_and_never_wraps(make: Make, rate: int, out_rate: int) -> None:
    square = np.where(np.sin(2 * np.pi * 441 * np.arange(rate) / rate + 0.1) >= 0, FULL_SCALE, -FULL_SCALE - 1)
    heard = from_pcm(make().process(to_pcm(square)))[200:]
    turns = np.count_nonzero(np.diff(np.signbit(heard)))
    assert abs(turns - 2 * 441 * len(heard) / out_rate) <= 4
    assert heard.max() == FULL_SCALE
    assert heard.min() == -FULL_SCALE - 1


def test_too_loud_a_sound_is_held_at_full_scale_on_the_phone() -> None:
    square = np.where(np.sin(2 * np.pi * 441 * np.arange(24_000) / 24_000 + 0.1) >= 0, FULL_SCALE, -FULL_SCALE - 1)
    assert {0x80, 0x00} <= set(PhoneEncoder().process(to_pcm(square)))
    heard = from_pcm(mulaw.decode(PhoneEncoder().process(to_pcm(square))))[200:]
    assert abs(np.count_nonzero(np.diff(np.signbit(heard))) - 2 * 441 * len(heard) / 8_000) <= 4


# ---- time


@pytest.mark.parametrize(("make", "rate", "out_rate"), BOTH)
def test_every_20_ms_give_20_ms_at_once(make: Make, rate: int, out_rate: int) -> None:
    stream = make()
    assert [len(stream.process(bytes(rate // 25))) for _ in range(50)] == [out_rate // 25] * 50


@pytest.mark.parametrize(("make", "rate", "out_rate"), BOTH)
def test_the_added_delay_is_three_and_a_half_ms(make: Make, rate: int, out_rate: int) -> None:
    sound = noise(48_000, 1.0, -20, 7, low_hz=300, high_hz=3_400)
    there = sound[:: 48_000 // out_rate]
    heard = from_pcm(make().process(to_pcm(sound[:: 48_000 // rate])))
    across = np.fft.rfft(heard) * np.conj(np.fft.rfft(there))
    fine = np.fft.irfft(across, len(heard) * 48_000 // out_rate)
    assert int(np.argmax(fine)) / 48 == pytest.approx(3.5, abs=0.05)


# ---- any chunking


@pytest.mark.parametrize(("make", "rate"), ALL)
@pytest.mark.parametrize(
    "sizes",
    [(1,), (2,), (3,), (319, 321), (0, 1, 2, 159, 960, 1_919), (4_801, 7), (9_599, 9_600, 9_601), (50_001,)],
    ids=str,
)
def test_any_chunking_gives_the_same_bits_as_one_piece(make: Make, rate: int, sizes: tuple[int, ...]) -> None:
    pcm = to_pcm(voice(rate, 0.3 if sizes[0] < 4 else 1.5, -15, 3))
    assert in_pieces(make(), pcm, sizes) == whole(make(), pcm)


@pytest.mark.parametrize(("make", "rate"), ALL)
def test_random_chunkings_give_the_same_bits_as_one_piece(make: Make, rate: int) -> None:
    pcm, random = to_pcm(voice(rate, 1.0, -15, 4)), np.random.default_rng(5)
    one = whole(make(), pcm)
    for _ in range(10):
        assert in_pieces(make(), pcm, random.integers(1, 4_801, 40).tolist()) == one


def test_a_burst_in_one_piece_is_as_long_as_its_frames() -> None:
    pcm = to_pcm(voice(24_000, 1.5, -15, 6))
    encoder = PhoneEncoder()
    assert PhoneEncoder().process(pcm) == b"".join(
        encoder.process(pcm[at : at + 960]) for at in range(0, len(pcm), 960)
    )
    assert len(PhoneEncoder().process(pcm)) == 12_000


# ---- flush and reset


@pytest.mark.parametrize(("make", "rate"), ALL)
def test_after_flush_and_after_reset_a_stream_is_as_new(make: Make, rate: int) -> None:
    pcm = to_pcm(voice(rate, 0.8, -15, 8))
    new = whole(make(), pcm)
    flushed, dropped = make(), make()
    flushed.process(pcm[:5_001])  # half a sample waits inside
    flushed.flush()
    dropped.process(pcm[:5_001])
    dropped.reset()
    assert whole(flushed, pcm) == new
    assert whole(dropped, pcm) == new


@pytest.mark.parametrize(("make", "rate"), ALL)
def test_half_a_sample_at_the_end_is_left_out(make: Make, rate: int) -> None:
    pcm = to_pcm(voice(rate, 0.8, -15, 8))
    assert whole(make(), pcm[:5_001]) == whole(make(), pcm[:5_000])


@pytest.mark.parametrize(("make", "rate"), ALL)
def test_after_reset_no_sound_of_the_old_turn_comes_out(make: Make, rate: int) -> None:
    stream = make()
    stream.process(to_pcm(np.full(rate // 10, 20_000.0)))
    stream.reset()
    assert set(stream.process(bytes(rate // 25))) <= {0, mulaw.SILENCE}


@pytest.mark.parametrize(("make", "rate", "out_rate"), BOTH)
def test_flush_gives_the_whole_rest(make: Make, rate: int, out_rate: int) -> None:
    phases = max(1, rate // out_rate)
    total = 0.0
    for more in range(phases):  # decimating, an impulse meets every third tap: take all three places
        sound = np.zeros(rate // 10 + more)
        sound[-1] = 30_000
        total += float(from_pcm(whole(make(), to_pcm(sound))).sum())
    assert total / phases == pytest.approx(30_000 * out_rate / rate, rel=0.01)


@pytest.mark.parametrize(("make", "rate", "out_rate"), BOTH)
def test_the_rest_is_seven_ms(make: Make, rate: int, out_rate: int) -> None:
    stream = make()
    stream.process(to_pcm(voice(rate, 0.1, -15, 9)))
    assert len(stream.flush()) / 2 / out_rate * 1000 == pytest.approx(7, abs=0.1)


@pytest.mark.parametrize(("make", "rate"), ALL)
def test_a_stream_that_heard_nothing_has_nothing_to_flush(make: Make, rate: int) -> None:
    stream = make()
    assert stream.process(b"") == stream.flush() == b""
    stream.process(to_pcm(voice(rate, 0.1, -15, 9)))
    stream.flush()
    assert stream.flush() == b""


@pytest.mark.parametrize(("make", "rate"), ALL)
def test_streams_do_not_touch_each_other(make: Make, rate: int) -> None:
    first, second = to_pcm(voice(rate, 0.3, -15, 1)), to_pcm(voice(rate, 0.3, -15, 2, 210))
    alone, mixed, other = make(), make(), make()
    for at in range(0, len(first), 640):
        heard = mixed.process(first[at : at + 640])
        other.process(second[at : at + 640])
        assert heard == alone.process(first[at : at + 640])
