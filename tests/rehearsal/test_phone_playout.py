"""Twilio's buffer: marks, clear and the ten minutes it holds."""

from app.rehearsal.phone_playout import LIMIT, Cleared, PlayoutBuffer, Pulled


def test_a_mark_on_an_empty_buffer_comes_back_at_once() -> None:
    assert PlayoutBuffer().mark("a") == ("a",)


def test_a_mark_comes_back_only_after_everything_before_it_has_been_heard() -> None:
    buffer = PlayoutBuffer()
    buffer.add(b"1" * 200)
    assert buffer.mark("a") == ()
    buffer.add(b"2" * 120)
    assert buffer.pull(160) == Pulled(b"1" * 160)
    assert buffer.pull(160) == Pulled(b"1" * 40 + b"2" * 120)
    assert buffer.pull(160) == Pulled(b"", ("a",))


def test_a_mark_waits_while_the_last_frame_is_still_sounding() -> None:
    buffer = PlayoutBuffer()
    buffer.add(b"1" * 160)
    buffer.mark("a")
    buffer.pull(160)
    assert buffer.mark("b") == ()
    assert buffer.pull(160).marks == ("a", "b")


def test_a_clear_returns_every_pending_mark_and_makes_what_waited_unheard() -> None:
    buffer = PlayoutBuffer()
    buffer.add(b"1" * 800)
    buffer.mark("a")
    buffer.add(b"2" * 800)
    buffer.mark("b")
    buffer.pull(160)
    assert buffer.clear() == Cleared(1440, ("a", "b"))
    assert buffer.pull(160) == Pulled(b"")
    assert buffer.pending == 0


def test_a_clear_of_an_empty_buffer_returns_nothing() -> None:
    assert PlayoutBuffer().clear() == Cleared(0)


def test_sound_after_a_clear_is_heard_from_its_beginning() -> None:
    buffer = PlayoutBuffer()
    buffer.add(b"1" * 500)
    buffer.clear()
    buffer.add(b"2" * 160)
    buffer.mark("c")
    assert buffer.pull(160) == Pulled(b"2" * 160)
    assert buffer.pull(160).marks == ("c",)


def test_beyond_ten_minutes_sound_is_discarded() -> None:
    buffer = PlayoutBuffer()
    assert buffer.add(bytes(LIMIT - 100)) == 0
    assert buffer.add(bytes(160)) == 60
    assert buffer.queued_ms == 600_000
