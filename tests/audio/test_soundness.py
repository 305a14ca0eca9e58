"""Silence and tones are told from speech: from sound of every kind that can be made here, and from voices."""

import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.audio.pcm import MODEL_OUTPUT_RATE, Audio, silence
from app.audio.soundness import Flaw, Soundness
from app.rehearsal.voice import Voice, real_voice, tones

RATE = MODEL_OUTPUT_RATE
MESSAGE = RATE * 240 // 1000
PHRASES = Path(__file__).parents[2] / "prompts" / "phrases"
HARD = (
    "Mmmmmmmmm. Let me see. Mmmmmmmmmmmmmm.",
    "Your number is 1 0 4 7 8 8 3 9 2 2 1 0 0 4.",
    "Sooooooo, ahhhhhhhh, noooooooo.",
    "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaah.",
    "A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P.",
)

Samples = NDArray[np.float64]


def seconds(length_s: float) -> Samples:
    return np.arange(round(length_s * RATE)) / RATE


def flaws(samples: Samples) -> list[Flaw]:
    """What each message of 240 ms is taken for."""
    listening, pcm = Soundness(), np.clip(samples, -32_768, 32_767).astype("<i2")
    return [listening.flaw(Audio(pcm[at : at + MESSAGE].tobytes(), RATE)) for at in range(0, len(pcm), MESSAGE)]


def longest(found: list[Flaw], flaw: Flaw) -> int:
    """Milliseconds of it in a row."""
    most = run = 0
    for one in found:
        run = run + 240 if one == flaw else 0
        most = max(most, run)
    return most


# ---- what is no speech


@pytest.mark.parametrize("level", [0, 1, 18, 60])
def test_what_is_below_50_dbfs_is_silence(level: int) -> None:
    noise = np.random.default_rng(1).normal(0.0, level, RATE * 2)
    assert set(flaws(noise)) == {"silence"}


@pytest.mark.parametrize("hz", [97.0, 220.0, 440.5, 1_000.0, 3_100.0])
@pytest.mark.parametrize("level", [400, 8_000, 30_000])
def test_a_sustained_tone_is_a_tone_from_its_second_message_on(hz: float, level: int) -> None:
    found = flaws(level * np.sin(2 * np.pi * hz * seconds(14.4)))
    assert found == ["", *["tone"] * 59]


def test_so_is_a_buzz_a_chord_and_a_tone_with_hiss() -> None:
    t = seconds(4.8)
    buzz = sum((2_000 / n * np.sin(2 * np.pi * 180 * n * t) for n in range(1, 6)), np.zeros(len(t)))
    chord = sum((3_000 * np.sin(2 * np.pi * hz * t) for hz in (400, 640)), np.zeros(len(t)))
    hiss = 4_000 * np.sin(2 * np.pi * 440 * t) + np.random.default_rng(2).normal(0.0, 150.0, len(t))
    for sound in (buzz, chord, hiss):
        assert flaws(sound).count("tone") >= 18


# ---- what is


def sung(pitch_hz: float, wander: float, level_wander: float = 0.15) -> Samples:
    """A vowel held for 3 s as a throat holds it: its pitch and level move a little."""
    t = seconds(3.0)
    pitch = pitch_hz * (1 + wander * np.sin(2 * np.pi * 5.1 * t) + wander * np.sin(2 * np.pi * 0.7 * t))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    level = 3_000 * (1 + level_wander * np.sin(2 * np.pi * 1.3 * t))
    return level * sum((np.sin(n * phase) / n**2 for n in range(1, 8)), np.zeros(len(t)))


@pytest.mark.parametrize("pitch_hz", [95.0, 140.0, 210.0, 320.0])
@pytest.mark.parametrize("wander", [0.01, 0.02])
def test_a_hum_that_is_held_for_three_seconds_is_no_tone(pitch_hz: float, wander: float) -> None:
    assert longest(flaws(sung(pitch_hz, wander)), "tone") < 1_000


def test_breath_and_hiss_are_no_tone() -> None:
    assert "tone" not in flaws(np.random.default_rng(3).normal(0.0, 900.0, RATE * 10))


def test_a_short_message_says_nothing_of_pitch_and_does_not_break_a_tone() -> None:
    listening, pcm = Soundness(), (5_000 * np.sin(2 * np.pi * 440 * seconds(1.0))).astype("<i2").tobytes()
    cuts = (0, 11_520, 14_400, 25_920)  # 240, 60 and 240 ms
    found = [listening.flaw(Audio(pcm[a:b], RATE)) for a, b in pairwise(cuts)]
    assert found == ["", "", "tone"]


def test_nothing_and_next_to_nothing_can_be_listened_to() -> None:
    listening = Soundness()
    assert listening.flaw(Audio(b"", RATE)) == "silence"
    assert listening.flaw(Audio(b"\x00\x10", RATE)) == ""
    assert listening.flaw(silence(1_000, RATE)) == "silence"


def spoken(voice: Voice, languages: tuple[str, ...]) -> Iterator[tuple[str, Samples]]:
    for language in languages:
        phrases = tomllib.loads((PHRASES / f"{language}.toml").read_text(encoding="utf-8")).values()
        for sentence in (*phrases, *(HARD if language == "en" else ())):
            yield sentence, np.frombuffer(voice.sentence(sentence, language), "<i2").astype(np.float64)


@pytest.mark.rehearsed
def test_an_english_voice_is_never_taken_for_either() -> None:
    for sentence, samples in spoken(real_voice(), ("en",)):
        found = flaws(samples)
        assert longest(found, "tone") < 500, sentence
        assert longest(found, "silence") < 1_000, sentence


def test_nor_is_the_hum_that_stands_in_for_a_voice() -> None:
    for ms_per_letter in (25, 65):
        samples = np.frombuffer(tones(ms_per_letter).sentence("x" * 400), "<i2").astype(np.float64)
        assert set(flaws(samples)[:-1]) == {""}
