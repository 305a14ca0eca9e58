"""The detector hears a caller begin and stop, and neither the line, the keys, a breath nor the assistant."""

import numpy as np
import pytest

from app.audio import mulaw
from app.audio.echo_return import LATEST_MS
from app.audio.speech import HANGOVER_MS, Ended, SpeechDetector, Started, Verdict
from tests.audio.signals import Samples, amplitude, from_pcm, noise, rms, to_pcm, voice

RATE = 8_000
FRAME = 160
LEAD_S = 0.6
KEYS = [(low, high) for low in (697, 770, 852, 941) for high in (1_209, 1_336, 1_477, 1_633)]

Heard = list[tuple[int, Verdict]]


def through_phone(sound: Samples) -> Samples:
    return from_pcm(mulaw.decode(mulaw.encode(to_pcm(sound))))


def hear(sound: Samples, far: Samples | None = None, detector: SpeechDetector | None = None) -> Heard:
    """What a detector says of ``sound``, each with its time in ms, when ``far`` is played meanwhile."""
    detector, pcm, heard = detector or SpeechDetector(), to_pcm(through_phone(sound)), []
    for at in range(0, len(sound) - FRAME + 1, FRAME):
        far_rms = 0.0 if far is None else rms(far[at : at + FRAME])
        verdict = detector.hear(pcm[2 * at : 2 * (at + FRAME)], far_rms)
        if verdict is not None:
            heard.append(((at + FRAME) * 1000 // RATE, verdict))
    return heard


def line(s: float, dbfs: float = -50, seed: int = 1) -> Samples:
    return noise(RATE, s, dbfs, seed)


def on_line(sound: Samples, dbfs: float = -50, tail_s: float = 1.0) -> Samples:
    """``sound`` after LEAD_S of a noisy line and before ``tail_s`` of it."""
    whole = np.concatenate((np.zeros(int(LEAD_S * RATE)), sound, np.zeros(int(tail_s * RATE))))
    return np.asarray(whole + line(len(whole) / RATE, dbfs)[: len(whole)])


def keys(s: float, on_ms: int, off_ms: int, dbfs: float) -> Samples:
    """Key after key, all sixteen."""
    sound, at = np.zeros(int(s * RATE)), np.arange(on_ms * 8) / RATE
    for turn, start in enumerate(range(4_000, len(sound) - len(at), (on_ms + off_ms) * 8)):
        low, high = KEYS[turn % 16]
        both = np.sin(2 * np.pi * low * at + turn) + np.sin(2 * np.pi * high * at)
        sound[start : start + len(at)] = amplitude(dbfs) * both
    return sound


def bursts(s: float, seed: int, length_ms: tuple[int, int], every_ms: tuple[int, int], breath: bool) -> Samples:
    """Clicks, or with ``breath`` swelling breaths, of random length and strength."""
    random, sound, at = np.random.default_rng(seed), np.zeros(int(s * RATE)), 4_000
    while at < len(sound) - 8_000:
        count = int(random.integers(*length_ms)) * 8
        shape = np.hanning(count) if breath else np.exp(-4 * np.arange(count) / count)
        strength = amplitude(float(random.uniform(-36, -22))) if breath else amplitude(float(random.uniform(-30, -6)))
        sound[at : at + count] = random.standard_normal(count) * shape * strength
        at += count + int(random.integers(*every_ms)) * 8
    return sound


def delayed(sound: Samples, ms: int) -> Samples:
    return np.concatenate((np.zeros(ms * 8), sound))[: len(sound)]


# ---- speech


@pytest.mark.parametrize("pitch_hz", [90, 140, 220])
@pytest.mark.parametrize("dbfs", [-15, -25, -34])
def test_speech_is_heard_within_200_ms(pitch_hz: int, dbfs: int) -> None:
    for seed in range(4):
        heard = hear(on_line(voice(RATE, 1.5, dbfs, seed, pitch_hz), dbfs - 20))
        at_ms, verdict = heard[0]
        assert verdict == Started()
        assert 0 < at_ms - LEAD_S * 1000 <= 200


def test_a_turn_ends_once_after_the_hangover() -> None:
    heard = hear(on_line(voice(RATE, 2.0, -20, 3), tail_s=2.0))
    assert [type(verdict) for _, verdict in heard] == [Started, Ended]
    at_ms, ended = heard[1]
    assert isinstance(ended, Ended)
    assert HANGOVER_MS <= ended.silence_ms < HANGOVER_MS + 20
    assert at_ms - ended.silence_ms == pytest.approx(LEAD_S * 1000 + 2_000, abs=120)
    assert ended.speech_ms == pytest.approx(2_000, abs=200)


def test_a_pause_inside_a_sentence_does_not_end_it() -> None:
    pause = np.zeros(int(0.32 * RATE))
    sentence = np.concatenate((voice(RATE, 0.8, -20, 5), pause, voice(RATE, 0.8, -20, 6)))
    assert [type(verdict) for _, verdict in hear(on_line(sentence))] == [Started, Ended]


def test_two_turns_are_two() -> None:
    turns = np.concatenate((voice(RATE, 0.8, -20, 5), np.zeros(RATE), voice(RATE, 0.8, -20, 6)))
    assert [type(verdict) for _, verdict in hear(on_line(turns))] == [Started, Ended] * 2


def test_speaking_says_what_the_verdicts_said() -> None:
    detector = SpeechDetector()
    assert not detector.speaking
    hear(on_line(voice(RATE, 1.0, -20, 7), tail_s=0.0), detector=detector)
    assert detector.speaking
    hear(line(1.0), detector=detector)
    assert not detector.speaking


@pytest.mark.parametrize("seed", range(6))
def test_a_caller_who_is_speaking_when_the_line_opens_is_heard(seed: int) -> None:
    heard = hear(voice(RATE, 1.0, -18, seed)[800:] + line(0.9))
    assert heard[0][0] <= 200


@pytest.mark.parametrize("seed", range(6))
def test_speech_over_a_noisy_line_is_heard(seed: int) -> None:
    heard = hear(on_line(voice(RATE, 1.5, -20, seed), dbfs=-30))
    assert heard[0][0] - LEAD_S * 1000 <= 250


def test_an_ending_s_is_part_of_the_speech() -> None:
    ending = noise(RATE, 0.2, -32, 11, low_hz=2_000)
    at_ms, ended = hear(on_line(np.concatenate((voice(RATE, 1.0, -20, 4), ending))))[1]
    assert isinstance(ended, Ended)
    assert at_ms - ended.silence_ms == pytest.approx(LEAD_S * 1000 + 1_200, abs=40)


# ---- not speech


@pytest.mark.parametrize("dbfs", [-55, -45, -35, -25])
def test_a_noisy_line_is_not_speech(dbfs: int) -> None:
    assert hear(line(30.0, dbfs)) == []
    assert hear(noise(RATE, 30.0, dbfs, 2, low_hz=100, high_hz=1_000)) == []


def test_noise_that_rises_and_falls_is_not_speech() -> None:
    sound = np.concatenate([line(4.0, dbfs, seed) for seed, dbfs in enumerate((-50, -32, -45, -25, -50))])
    assert hear(sound) == []


def test_the_hum_of_the_mains_is_not_speech() -> None:
    at = np.arange(20 * RATE) / RATE
    hum = sum(amplitude(-30) / k * np.sin(2 * np.pi * 50 * k * at + k) for k in (1, 2, 3, 4, 6, 7))
    assert hear(np.asarray(hum) + line(20.0)) == []


def test_a_hum_that_begins_is_taken_for_the_line_after_a_while() -> None:
    at = np.arange(6 * RATE) / RATE
    hum = sum(amplitude(-26) / k * np.sin(2 * np.pi * 120 * k * at + k) for k in (1, 2, 3, 4, 5))
    detector = SpeechDetector()
    hear(np.concatenate((line(2.0), np.asarray(hum) + line(6.0))), detector=detector)
    assert not detector.speaking


def test_noise_that_begins_during_speech_does_not_hold_it_for_ever() -> None:
    sound = on_line(voice(RATE, 1.0, -20, 8), tail_s=5.0)
    sound[int((LEAD_S + 1.0) * RATE) :] += line(5.0, -30, 3)
    heard = hear(sound)
    assert [type(verdict) for _, verdict in heard] == [Started, Ended]
    assert heard[1][0] <= LEAD_S * 1000 + 1_000 + 1_000


@pytest.mark.parametrize(("on_ms", "off_ms"), [(45, 45), (60, 60), (100, 100), (250, 120), (1_000, 300)])
@pytest.mark.parametrize("dbfs", [-10, -24])
def test_keys_are_not_speech(on_ms: int, off_ms: int, dbfs: int) -> None:
    assert hear(keys(20.0, on_ms, off_ms, dbfs) + line(20.0)) == []


def test_the_tones_of_a_line_are_not_speech() -> None:
    at = np.arange(20 * RATE) / RATE
    for tones, period_s in (((350, 440), 40), ((480, 620), 1), ((425,), 0.5), ((1_100,), 7)):
        sound = sum(amplitude(-18) * np.sin(2 * np.pi * hz * at) for hz in tones)
        assert hear(np.asarray(sound) * (at % period_s < period_s / 2) + line(20.0)) == [], tones


def test_clicks_are_not_speech() -> None:
    assert hear(bursts(30.0, 4, (1, 30), (150, 800), breath=False) + line(30.0)) == []


def test_breaths_are_not_speech() -> None:
    assert hear(bursts(30.0, 5, (250, 800), (800, 2_000), breath=True) + line(30.0)) == []


# ---- the assistant's echo


@pytest.mark.parametrize("delay_ms", [0, 47, 130, 250, LATEST_MS - 60])
def test_an_echo_12_db_down_is_not_speech(delay_ms: int) -> None:
    far = np.concatenate((voice(RATE, 8.0, -18, 20, 190), np.zeros(RATE), voice(RATE, 6.0, -14, 21, 190)))
    assert hear(delayed(far, delay_ms) * 10 ** (-12 / 20) + line(15.0), far) == []


def test_the_same_sound_is_speech_when_nothing_is_played() -> None:
    far = voice(RATE, 4.0, -18, 20, 190)
    assert hear(far * 10 ** (-12 / 20) + line(4.0)) != []


@pytest.mark.parametrize("seed", range(4))
def test_a_caller_louder_than_the_echo_is_heard_within_200_ms(seed: int) -> None:
    far = voice(RATE, 3.0, -24, 30 + seed, 190)
    caller = on_line(voice(RATE, 1.4, -18, seed, 120), tail_s=1.0)
    both = caller + (delayed(far, 130) * 10 ** (-12 / 20))[: len(caller)]
    heard = hear(both, far)
    assert 0 < heard[0][0] - LEAD_S * 1000 <= 200


def test_on_a_line_without_echo_a_soft_caller_is_heard_into_the_assistant() -> None:
    far = voice(RATE, 6.0, -14, 60, 190)
    caller = np.concatenate((np.zeros(4 * RATE), voice(RATE, 1.4, -31, 61, 120), np.zeros(RATE)))
    heard = hear(caller + line(len(caller) / RATE, -55), far=np.concatenate((far, np.zeros(RATE))))
    assert 0 < heard[0][0] - 4_000 <= 200


@pytest.mark.parametrize("return_db", [12, 18, 24, 30])
def test_no_echo_is_speech_however_well_the_line_is_known(return_db: int) -> None:
    far = np.concatenate([voice(RATE, 4.0, dbfs, seed, 190) for seed, dbfs in enumerate((-18, -12, -24, -14, -20))])
    assert hear(delayed(far, 130) * 10 ** (-return_db / 20) + line(20.0, -60), far) == []


def test_what_may_be_echo_is_told_apart_from_the_caller() -> None:
    far = voice(RATE, 3.0, -18, 70, 190)
    caller = np.concatenate((np.zeros(2 * RATE), voice(RATE, 1.0, -14, 71, 120)))
    pcm, detector, echo = to_pcm(through_phone(caller + delayed(far, 130) * 10 ** (-12 / 20))), SpeechDetector(), []
    for at in range(0, len(caller) - FRAME + 1, FRAME):
        detector.hear(pcm[2 * at : 2 * (at + FRAME)], rms(far[at : at + FRAME]))
        echo.append(detector.only_echo)
    frame_s = FRAME / RATE
    assert all(echo[: int(2.0 / frame_s)])
    assert not any(echo[int(2.2 / frame_s) :])


def test_a_turn_ends_though_the_assistant_speaks_on() -> None:
    far = voice(RATE, 5.0, -24, 40, 190)
    caller = on_line(voice(RATE, 1.0, -16, 41), tail_s=3.4)
    heard = hear(caller + delayed(far, 130) * 10 ** (-15 / 20), far)
    assert [type(verdict) for _, verdict in heard] == [Started, Ended]


# ---- any length


def test_the_length_of_the_pieces_does_not_matter() -> None:
    pcm = to_pcm(on_line(voice(RATE, 1.0, -20, 50)))
    framed, pieced = SpeechDetector(), SpeechDetector()
    once = [framed.hear(pcm[at : at + 320]) for at in range(0, len(pcm), 320)]
    pieces = [pieced.hear(pcm[at : at + 98]) for at in range(0, len(pcm), 98)]
    assert [v for v in once if v] == [v for v in pieces if v] != []


@pytest.mark.parametrize("before_ms", [0, 20])
def test_in_pieces_of_two_frames_a_turn_ends_at_the_same_time(before_ms: int) -> None:
    pcm = bytes(before_ms * 16) + to_pcm(on_line(voice(RATE, 1.0, -20, 50)))
    ends = []
    for size in (320, 640):
        detector = SpeechDetector()
        for at in range(0, len(pcm), size):
            verdict = detector.hear(pcm[at : at + size])
            if isinstance(verdict, Ended):
                ends.append((verdict.speech_ms, (at + size) // 16 - verdict.silence_ms))
    assert len(ends) == 2
    assert ends[0] == ends[1]


def test_a_stretch_that_begins_and_ends_a_turn_says_nothing() -> None:
    detector = SpeechDetector()
    assert detector.hear(to_pcm(on_line(voice(RATE, 1.0, -20, 51)))) is None
    assert not detector.speaking
