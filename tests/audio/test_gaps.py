"""The timeline of inbound sound: gaps are filled, duplicates dropped, good sound is left alone."""

import numpy as np
import pytest

from app.audio.gaps import CROSS_FADE_MS, LONGEST_FILL_MS, TOLERANCE_MS, Timeline
from tests.audio.signals import Samples, db, from_pcm, rms, to_pcm, tone, voice

FRAME_MS = 20
FRAME_BYTES = 320
START_MS = 171  # the first timestamp is not 0


def voiced(s: float = 2.0) -> Samples:
    """A voice that holds 150 Hz."""
    at = np.arange(int(8_000 * s)) / 8_000
    return np.asarray(sum(4_000 / k * np.sin(2 * np.pi * 150 * k * at + k) for k in range(1, 12)))


def frames_of(sound: Samples) -> list[bytes]:
    pcm = to_pcm(sound)
    return [pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES)]


def place_frames(timeline: Timeline, frames: list[bytes], numbers: list[int]) -> list[bytes]:
    return [timeline.place(START_MS + FRAME_MS * n, n + 1, frames[n]) for n in numbers]


def ms_of(pcm: bytes) -> float:
    return len(pcm) / 16


def test_sound_without_gaps_comes_back_as_it_is() -> None:
    frames, timeline = frames_of(voice(8_000, 1.0, -20, 1)), Timeline()
    assert place_frames(timeline, frames, list(range(len(frames)))) == frames
    assert timeline.filled_ms == 0


@pytest.mark.parametrize("off_ms", [-9, -3, 3, TOLERANCE_MS - 1])
def test_timestamps_that_jitter_are_no_gap(off_ms: int) -> None:
    frames, timeline = frames_of(voiced()), Timeline()
    timeline.place(100, 1, frames[0])
    assert timeline.place(120 + off_ms, 2, frames[1]) == frames[1]
    assert timeline.filled_ms == 0


def test_a_message_seen_already_is_dropped() -> None:
    frames, timeline = frames_of(voiced()), Timeline()
    place_frames(timeline, frames, [0, 1, 2])
    assert place_frames(timeline, frames, [2, 1]) == [b"", b""]
    assert place_frames(timeline, frames, [3]) == [frames[3]]


def test_a_stream_without_chunk_numbers_is_placed_by_its_timestamps() -> None:
    frames, timeline = frames_of(voiced()), Timeline()
    assert timeline.place(0, None, frames[0]) == frames[0]
    assert timeline.place(20, None, frames[1]) == frames[1]
    assert ms_of(timeline.place(100, None, frames[5])) == 80


@pytest.mark.parametrize("lost", [1, 2, 3, 5, 20, 49])
def test_a_gap_is_filled_to_the_millisecond(lost: int) -> None:
    frames, timeline = frames_of(voiced()), Timeline()
    place_frames(timeline, frames, list(range(10)))
    (after,) = place_frames(timeline, frames, [10 + lost])
    assert ms_of(after) == FRAME_MS * (lost + 1)
    assert timeline.filled_ms == FRAME_MS * lost


def test_a_lost_frame_of_a_voice_keeps_its_level_within_3_db() -> None:
    frames, timeline = frames_of(voiced()), Timeline()
    before = place_frames(timeline, frames, list(range(10)))[-1]
    (after,) = place_frames(timeline, frames, [11])
    assert abs(db(rms(from_pcm(after[:FRAME_BYTES])) / rms(from_pcm(before)))) <= 3


def test_the_first_lost_frame_of_a_voice_goes_on_as_the_voice_did() -> None:
    frames, timeline = frames_of(voiced()), Timeline()
    place_frames(timeline, frames, list(range(10)))
    (after,) = place_frames(timeline, frames, [12])
    there, made_up = from_pcm(frames[10])[:80], from_pcm(after)[:80]  # before it fades
    assert abs(db(rms(made_up) / rms(there))) <= 0.5
    assert db(rms(there - made_up) / rms(there)) <= -12


def test_a_fill_is_silent_after_60_ms() -> None:
    frames, timeline = frames_of(voiced()), Timeline()
    place_frames(timeline, frames, list(range(10)))
    (after,) = place_frames(timeline, frames, [20])
    fill = from_pcm(after)[: 200 * 8]
    assert rms(fill[50 * 8 : 60 * 8]) > 0
    assert not fill[60 * 8 :].any()


@pytest.mark.parametrize("lost", [1, 2, 4, 30])
def test_the_sound_after_a_gap_is_untouched_once_it_has_faded_in(lost: int) -> None:
    frames, timeline = frames_of(voice(8_000, 2.0, -15, 2)), Timeline()
    place_frames(timeline, frames, list(range(10)))
    first, second = place_frames(timeline, frames, [10 + lost, 11 + lost])
    untouched = (FRAME_MS - CROSS_FADE_MS) * 16
    assert first[-untouched:] == frames[10 + lost][-untouched:]
    assert second == frames[11 + lost]


@pytest.mark.parametrize("lost", [1, 3, 10])
@pytest.mark.parametrize("hz", [60, 210])  # 60 Hz is too low for its period to be found
def test_a_gap_makes_no_click(lost: int, hz: int) -> None:
    sound = tone(hz, 8_000, 2.0, -6)
    frames, timeline = frames_of(sound), Timeline()
    pcm = b"".join(place_frames(timeline, frames, [*range(10), *range(10 + lost, 15 + lost)]))
    assert np.abs(np.diff(from_pcm(pcm))).max() <= 3 * np.abs(np.diff(sound)).max()


def test_a_gap_too_long_is_filled_with_a_second_and_counted() -> None:
    frames, timeline = frames_of(voiced(3.0)), Timeline()
    place_frames(timeline, frames, list(range(10)))
    after, following = place_frames(timeline, frames, [100, 101])
    assert ms_of(after) == LONGEST_FILL_MS + FRAME_MS
    assert (timeline.filled_ms, timeline.jumps) == (LONGEST_FILL_MS, 1)
    assert following == frames[101]


def test_a_gap_before_anything_was_heard_is_silence() -> None:
    frames, timeline = frames_of(voiced()), Timeline()
    timeline.place(0, 1, bytes(FRAME_BYTES))
    assert not any(timeline.place(100, 2, frames[0])[: 80 * 16])


def test_a_clock_that_goes_back_is_followed() -> None:
    frames, timeline = frames_of(voiced()), Timeline()
    assert timeline.place(5_000, 1, frames[0]) == frames[0]
    assert timeline.place(20, 2, frames[1]) == frames[1]
    assert timeline.place(40, 3, frames[2]) == frames[2]
    assert timeline.filled_ms == 0


# ---- nothing comes


def test_idling_is_silence_of_that_length() -> None:
    timeline = Timeline()
    assert timeline.idle(120) == bytes(120 * 16)
    assert timeline.filled_ms == 120


def test_idling_shortens_the_gap_that_follows() -> None:
    frames, timeline = frames_of(voiced()), Timeline()
    place_frames(timeline, frames, list(range(5)))
    given_ms = sum(ms_of(timeline.idle(ms)) for ms in (100, 20, 20))
    (after,) = place_frames(timeline, frames, [15])
    assert given_ms + ms_of(after) == 11 * FRAME_MS
    assert timeline.filled_ms == 10 * FRAME_MS


def test_after_idling_the_rest_of_the_gap_is_silent_too() -> None:
    frames, timeline = frames_of(voiced()), Timeline()
    place_frames(timeline, frames, list(range(5)))
    timeline.idle(100)
    (after,) = place_frames(timeline, frames, [15])
    assert not any(after[: 100 * 16])


def test_sound_that_was_only_late_is_not_filled_again() -> None:
    frames, timeline = frames_of(voiced()), Timeline()
    place_frames(timeline, frames, list(range(5)))
    timeline.idle(200)
    assert place_frames(timeline, frames, [5, 6]) == frames[5:7]
    assert ms_of(place_frames(timeline, frames, [8])[0]) == 2 * FRAME_MS


def test_idling_before_the_first_message_leaves_no_gap() -> None:
    frames, timeline = frames_of(voiced()), Timeline()
    timeline.idle(100)
    assert timeline.place(START_MS, 1, frames[0]) == frames[0]
