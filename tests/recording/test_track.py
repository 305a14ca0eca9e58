"""The assistant's side: what was sent lies where it was heard, and what a clear swept out is not there."""

from itertools import pairwise

import numpy as np

from app.recording.track import Track

SILENCE = 0xFF


def tone(ms: int, code: int = 1) -> bytes:
    return bytes([code]) * (ms * 8)


def at(ms: int) -> int:
    return ms * 8


def spans(out: bytes) -> list[tuple[int, int, int]]:
    """Stretches of one code that is not silence: the code, from and to in ms."""
    codes = np.frombuffer(out, np.uint8)
    edges = [0, *(np.flatnonzero(np.diff(codes)) + 1), len(codes)]
    found = [(int(codes[a]), a // 8, b // 8) for a, b in pairwise(edges)]
    return [span for span in found if span[0] != SILENCE]


def test_sound_lies_where_it_was_sent_and_what_comes_while_it_plays_right_behind_it() -> None:
    track = Track()
    track.sent(tone(500, 1), at(1_000))
    track.sent(tone(300, 2), at(1_100))
    track.sent(tone(200, 3), at(3_000))
    assert spans(track.take(at(4_000))) == [(1, 1_000, 1_500), (2, 1_500, 1_800), (3, 3_000, 3_200)]


def test_it_is_given_out_in_parts_of_any_length() -> None:
    whole, parted = Track(), Track()
    for track in (whole, parted):
        track.sent(tone(700, 1), at(90))
        track.sent(tone(700, 2), at(2_000))
    pieces = b"".join(parted.take(at(ms)) for ms in (100, 101, 500, 500, 1_900, 2_500, 4_000))
    assert pieces == whole.take(at(4_000))


def test_cleared_sound_is_absent() -> None:
    track = Track()
    track.sent(tone(1_000, 1), 0)
    track.sent(tone(1_000, 2), at(200))
    track.cleared(at(1_300))
    track.sent(tone(400, 3), at(1_350))
    assert spans(track.take(at(4_000))) == [(1, 0, 1_000), (2, 1_000, 1_300), (3, 1_350, 1_750)]


def test_marks_say_how_long_the_way_is_and_the_sound_is_laid_that_much_later() -> None:
    track = Track()
    track.sent(tone(200, 1), at(1_000))
    track.marked("g1:1")
    track.sent(tone(400, 1), at(1_000))
    track.returned("g1:1", at(1_290))
    assert spans(track.take(at(4_000))) == [(1, 1_090, 1_690)]


def test_a_clear_leaves_what_was_heard_on_its_way() -> None:
    track = Track()
    track.sent(tone(200, 1), at(1_000))
    track.marked("g1:1")
    track.sent(tone(800, 1), at(1_000))
    track.returned("g1:1", at(1_300))
    track.cleared(at(1_500))
    assert spans(track.take(at(4_000))) == [(1, 1_100, 1_600)]


def test_marks_that_a_clear_swept_out_tell_when_the_phone_heard_of_it() -> None:
    track = Track()
    for _ in range(5):
        track.sent(tone(200, 1), at(1_000))
        track.marked(f"g1:{_}")
    track.returned("g1:0", at(1_300))
    track.cleared(at(1_400))
    for _ in range(1, 5):
        track.returned(f"g1:{_}", at(1_740))
    assert spans(track.take(at(4_000))) == [(1, 1_100, 1_740)]


def test_sound_after_a_clear_lies_by_its_own_marks() -> None:
    track = Track()
    track.sent(tone(1_000, 1), 0)
    track.marked("g1:1")
    track.cleared(at(400))
    track.sent(tone(200, 2), at(410))
    track.marked("g2:2")
    track.returned("g1:1", at(500))
    track.returned("g2:2", at(720))
    assert spans(track.take(at(2_000))) == [(1, 0, 500), (2, 520, 720)]


def test_marks_that_were_played_before_the_phone_heard_of_a_clear_tell_where_the_sound_lay() -> None:
    track = Track()
    for number in range(4):
        track.sent(tone(200, 1), at(1_000))
        track.marked(f"g1:{number}")
    track.cleared(at(1_250))
    track.returned("g1:0", at(1_320))
    for number in (1, 2, 3):
        track.returned(f"g1:{number}", at(1_460))
    assert spans(track.take(at(4_000))) == [(1, 1_120, 1_460)]


def test_a_mark_that_was_played_just_before_a_clear_cuts_nothing_off() -> None:
    track = Track()
    track.sent(tone(200, 1), 0)
    track.marked("g1:1")
    track.sent(tone(400, 1), 0)
    track.cleared(at(350))
    track.returned("g1:1", at(200))
    assert spans(track.take(at(2_000))) == [(1, 0, 350)]


def test_sound_that_stood_still_is_moved_from_the_last_mark_that_was_on_time() -> None:
    track = Track()
    for number in (1, 2, 3):
        track.sent(tone(200, number), 0)
        track.marked(f"g1:{number}")
    track.returned("g1:1", at(200))
    track.returned("g1:2", at(1_400))
    track.returned("g1:3", at(1_600))
    assert spans(track.take(at(2_000))) == [(1, 0, 200), (2, 1_200, 1_400), (3, 1_400, 1_600)]


def test_a_mark_that_is_late_moves_nothing_when_those_after_it_are_not() -> None:
    track = Track()
    for number in (1, 2, 3):
        track.sent(tone(200, number), 0)
        track.marked(f"g1:{number}")
    track.returned("g1:1", at(230))
    track.returned("g1:2", at(620))
    track.returned("g1:3", at(630))
    assert spans(track.take(at(2_000))) == [(1, 30, 230), (2, 230, 430), (3, 430, 630)]


def test_the_unevenness_of_marks_tears_no_words() -> None:
    track = Track()
    for number in (1, 2):
        track.sent(tone(200, 1), 0)
        track.marked(f"g1:{number}")
    track.returned("g1:1", at(250))
    track.returned("g1:2", at(458))
    assert spans(track.take(at(2_000))) == [(1, 50, 450)]


def test_sound_is_not_moved_back_once_its_beginning_is_out() -> None:
    track = Track()
    track.sent(tone(3_000, 1), at(500))
    track.marked("g1:1")
    first = track.take(at(1_000))
    track.returned("g1:1", at(3_100))
    assert spans(first + track.take(at(4_000))) == [(1, 500, 3_500)]


def test_a_mark_of_what_is_out_already_does_no_harm() -> None:
    track = Track()
    track.sent(tone(200, 1), 0)
    track.marked("g1:1")
    track.sent(tone(400, 1), 0)
    first = track.take(at(300))
    track.returned("g1:1", at(280))
    assert spans(first + track.take(at(1_000))) == [(1, 0, 600)]


def test_a_mark_nobody_set_says_nothing() -> None:
    track = Track()
    track.marked("g0:1")
    track.sent(tone(200, 1), 0)
    track.returned("g9:9", at(900))
    assert spans(track.take(at(1_000))) == [(1, 0, 200)]


def test_nothing_is_kept_of_what_was_given_out() -> None:
    track = Track()
    for second in range(60):
        track.sent(tone(1_000, 1), at(second * 1_000))
        track.take(at(second * 1_000))
    assert sum(len(run.data) for run in track._runs) <= 2 * 8_000
