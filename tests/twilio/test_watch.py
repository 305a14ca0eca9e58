"""Floods, silences and disorder of a stream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.twilio.messages import Media
from app.twilio.watch import BORNE_S, BURST_MS, WINDOW, Flood, Order, Pairs, Quiet


def test_twenty_faults_in_a_second_are_borne_and_one_more_is_not() -> None:
    flood = Flood()
    assert not any(flood.fault(10.0 + n / 25) for n in range(20))
    assert flood.fault(10.9)


def test_faults_spread_out_are_borne_for_ever() -> None:
    flood = Flood()
    assert not any(flood.fault(n / 19) for n in range(2_000))


def test_sound_at_its_own_pace_is_borne_for_ever() -> None:
    flood = Flood()
    assert {flood.sound(20, n * 0.02) for n in range(50_000)} == {"taken"}


def test_a_burst_after_a_stall_is_borne() -> None:
    flood = Flood()
    assert {flood.sound(20, 5.0) for _ in range(14 * 50)} == {"taken"}


def test_sound_at_ten_times_its_pace_is_dropped_down_to_three_and_then_ends_the_stream() -> None:
    flood = Flood()
    verdicts = [flood.sound(20, n * 0.002) for n in range(8_000)]
    taken_ms = verdicts.count("taken") * 20
    over = verdicts.index("too_much")
    assert taken_ms <= BURST_MS + 3 * 16_000
    assert verdicts.index("dropped") * 0.002 + BORNE_S == pytest.approx(over * 0.002, abs=0.1)


def test_sound_a_little_faster_than_it_sounds_is_borne() -> None:
    flood = Flood()
    assert {flood.sound(20, n * 0.02 / 2.9) for n in range(3_000)} == {"taken"}


def test_what_is_dropped_now_and_then_does_not_add_up() -> None:
    flood, now = Flood(), 0.0
    verdicts = []
    for _ in range(20):
        verdicts += [flood.sound(20, now) for _ in range(20 * 50)]
        now += 20.0
    assert set(verdicts) == {"taken", "dropped"}


def taken(order: Order, number: int) -> list[int] | None:
    """The numbers of what may be used when this one has come."""
    ready = order.take(Media("MZ1", 1, number, 0, b""))
    return None if ready is None else [media.chunk for media in ready]


def test_sound_in_order_passes_at_once() -> None:
    order = Order()
    assert [taken(order, number) for number in (5, 6, 7)] == [[5], [6], [7]]


def test_sound_that_has_overtaken_other_sound_is_put_in_order() -> None:
    order = Order()
    assert [taken(order, number) for number in (1, 4, 3, 2, 5)] == [[1], [], [], [2, 3, 4], [5]]


def test_sound_that_was_there_or_comes_too_late_is_none() -> None:
    order = Order()
    for number in (1, 3, 4, 5, 6):
        taken(order, number)
    assert [taken(order, number) for number in (2, 6, 9, 9)] == [None, None, [], None]


def test_sound_that_is_lost_is_waited_for_only_so_long() -> None:
    order = Order()
    ready = [taken(order, number) for number in (1, *range(3, 4 + WINDOW))]
    assert ready[-1] == list(range(3, 4 + WINDOW))
    assert taken(order, 4 + WINDOW) == [4 + WINDOW]


def test_what_waits_is_given_out_when_nothing_comes_any_more() -> None:
    order = Order()
    for number in (1, 3, 5):
        taken(order, number)
    assert [[media.chunk for media in order.waited()] for _ in range(3)] == [[3], [5], []]
    assert taken(order, 6) == [6]


@given(st.permutations(range(WINDOW + 1)), st.integers(0, 10**14))
def test_any_order_within_the_window_comes_out_right(order_in: list[int], base: int) -> None:
    order = Order()
    taken(order, base)
    out = [one for number in order_in for one in taken(order, base + 1 + number) or ()]
    assert out == [base + 1 + number for number in range(WINDOW + 1)]


def frame(number: int, at_ms: int, ms: int = 20) -> Media:
    return Media("MZ1", number + 1, number, at_ms, bytes([number]) * ms * 8)


def test_two_frames_that_follow_each_other_are_one() -> None:
    pairs = Pairs(on=True)
    assert [list(pairs.take(frame(number, number * 20))) for number in range(4)] == [
        [],
        [Media("MZ1", 2, 1, 0, bytes(160) + b"\x01" * 160)],
        [],
        [Media("MZ1", 4, 3, 40, b"\x02" * 160 + b"\x03" * 160)],
    ]
    assert pairs.rest() == ()


@pytest.mark.parametrize("second", [frame(1, 40), frame(1, 0), frame(1, 20, ms=200)])
def test_frames_that_do_not_follow_each_other_or_are_long_stay_what_they_are(second: Media) -> None:
    pairs = Pairs(on=True)
    assert [*pairs.take(frame(0, 0)), *pairs.take(second)] == [frame(0, 0), second]
    assert pairs.rest() == ()


def test_a_frame_whose_second_does_not_come_is_given_out_once() -> None:
    pairs = Pairs(on=True)
    pairs.take(frame(0, 0))
    assert list(pairs.rest()) == [frame(0, 0)]
    assert pairs.rest() == ()


def test_the_second_of_a_pair_that_was_parted_is_not_kept() -> None:
    pairs = Pairs(on=True)
    pairs.take(frame(0, 0))
    pairs.rest()
    assert list(pairs.take(frame(1, 20))) == [frame(1, 20)]
    assert list(pairs.take(frame(2, 40))) == []


def test_a_house_that_wants_every_frame_has_each_at_once() -> None:
    pairs = Pairs(on=False)
    assert [list(pairs.take(frame(number, number * 20))) for number in range(2)] == [[frame(0, 0)], [frame(1, 20)]]


def test_silence_is_owed_only_after_a_tenth_of_a_second_and_then_at_the_walls_pace() -> None:
    quiet = Quiet(100.0)
    assert [quiet.owed_ms(100.0 + ms / 1000) for ms in (20, 100, 121, 122, 141, 500)] == [0, 0, 20, 0, 20, 360]


def test_a_second_without_sound_is_nine_tenths_of_silence_however_often_one_looks() -> None:
    often, seldom = Quiet(0.0), Quiet(0.0)
    assert sum(often.owed_ms(n / 1000) for n in range(1_002)) == seldom.owed_ms(1.001) == 900


def test_sound_begins_the_count_anew() -> None:
    quiet = Quiet(0.0)
    quiet.owed_ms(1.0)
    quiet.sound(1.0)
    assert quiet.owed_ms(1.09) == 0
    assert quiet.owed_ms(1.13) == 20


def test_a_stream_is_gone_when_nothing_at_all_came_for_long() -> None:
    quiet = Quiet(0.0)
    assert not quiet.gone(15.0)
    assert quiet.gone(15.1)
    quiet.frame(15.1)
    assert not quiet.gone(30.0)


def test_looking_again_is_never_later_than_something_can_be_owed() -> None:
    quiet = Quiet(0.0)
    now = owed_ms = 0.0
    for _ in range(20):
        now += quiet.look_again_s(now) + 0.0005
        owed_ms += quiet.owed_ms(now)
        assert 0 <= (now - 0.1) * 1000 - owed_ms <= 42


def test_streams_whose_sound_flows_are_all_looked_at_at_the_same_moments() -> None:
    at = 1_000.003
    moments = set()
    for begun in range(10):
        now = at + begun * 0.0137
        quiet = Quiet(now)
        quiet.sound(now)
        moments.add(round(now + quiet.look_again_s(now), 6))
    assert len(moments) == 1


def test_a_look_that_comes_a_moment_early_is_not_made_again_at_once() -> None:
    quiet = Quiet(7.0)
    quiet.sound(7.0)
    early = 7.0 + quiet.look_again_s(7.0) - 0.0004  # a loop's clock counts in milliseconds
    quiet.sound(early)
    assert 0.15 < quiet.look_again_s(early) < 0.25
