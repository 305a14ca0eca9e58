"""Floods and silences of a stream."""

from app.twilio.watch import Flood, Quiet


def test_twenty_faults_in_a_second_are_borne_and_one_more_is_not() -> None:
    flood = Flood()
    assert not any(flood.fault(10.0 + n / 25) for n in range(20))
    assert flood.fault(10.9)


def test_faults_spread_out_are_borne_for_ever() -> None:
    flood = Flood()
    assert not any(flood.fault(n / 19) for n in range(2_000))


def test_sound_at_its_own_pace_is_borne_for_ever() -> None:
    flood = Flood()
    assert not any(flood.sound(20, n * 0.02) for n in range(50_000))


def test_a_burst_after_a_stall_is_borne() -> None:
    flood = Flood()
    assert not any(flood.sound(20, 5.0) for _ in range(14 * 50))


def test_sound_more_than_three_times_its_length_is_not() -> None:
    flood = Flood()
    verdicts = [flood.sound(20, n * 0.02 / 3.5) for n in range(3_000)]
    assert any(verdicts)
    assert not any(Flood().sound(20, n * 0.02 / 2.9) for n in range(3_000))


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
