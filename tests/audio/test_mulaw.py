"""µ-law is exactly what ITU-T G.711 says."""

import hashlib

import numpy as np
import pytest

from app.audio import mulaw

EVERY_SAMPLE = np.arange(-32_768, 32_768, dtype=np.int64)
EVERY_CODE = bytes(range(256))


def expected_code(sample: int) -> int:
    """The code of one sample by the Recommendation's search: segment by segment, then step by step."""
    magnitude, segment, lower, step = abs(sample), 0, 0, 4
    while segment < 7 and magnitude >= 4 * ((32 << (segment + 1)) - 33):
        segment += 1
    lower, step = 4 * ((32 << segment) - 33), 8 << segment
    interval = min(max((magnitude - lower) // step, 0), 15)
    return (0x7F if sample < 0 else 0xFF) - (16 * segment + interval)


def codes_of(samples: np.ndarray[tuple[int], np.dtype[np.int64]]) -> bytes:
    return mulaw.encode(samples.astype("<i2").tobytes())


def test_every_one_of_65536_samples_gets_the_code_of_the_recommendation() -> None:
    codes = codes_of(EVERY_SAMPLE)
    wrong = [s for s, code in zip(EVERY_SAMPLE.tolist(), codes, strict=True) if code != expected_code(s)]
    assert wrong == []


def test_the_table_of_all_codes_is_the_frozen_one() -> None:
    unsigned = np.arange(1 << 16, dtype="<u2").tobytes()
    frozen = "2164b097996c76b0841ad9b358177cd565b75137044900f601afe9d7d5a1e3d9"
    assert hashlib.sha256(mulaw.encode(unsigned)).hexdigest() == frozen


def test_the_256_decoded_values_are_the_frozen_ones() -> None:
    frozen = "3dab54339e520bb2c924826e3b72a917a2b612e9fd12fc867500f1d983a75827"
    assert hashlib.sha256(mulaw.decode(EVERY_CODE)).hexdigest() == frozen


def test_every_code_but_minus_zero_survives_decoding_and_encoding() -> None:
    again = mulaw.encode(mulaw.decode(EVERY_CODE))
    assert [code for code in range(256) if again[code] != code] == [0x7F]


def test_a_greater_sample_is_never_decoded_to_a_smaller_one() -> None:
    decoded = np.frombuffer(mulaw.decode(codes_of(EVERY_SAMPLE)), "<i2").astype(int)
    assert bool((np.diff(decoded) >= 0).all())


@pytest.mark.parametrize(
    ("sample", "code"), [(0, mulaw.SILENCE), (-1, 0x7F), (-4, 0x7E), (32_767, 0x80), (-32_768, 0x00)]
)
def test_the_ends_and_the_middle_of_the_scale(sample: int, code: int) -> None:
    assert mulaw.encode(sample.to_bytes(2, "little", signed=True)) == bytes([code])


def test_samples_are_encoded_as_their_bytes_are() -> None:
    samples = np.array([0, 1, -1, 1000, -1000, 32_767, -32_768], np.int16)
    assert mulaw.encode_samples(samples) == mulaw.encode(samples.astype("<i2").tobytes())


def test_no_sound_is_no_bytes() -> None:
    assert mulaw.encode(b"") == mulaw.decode(b"") == b""
