"""What waits, for how long, and what a new connection is still told."""

import pytest

from app.gemini.outbox import (
    MOST,
    MOST_PICTURES,
    PICTURE_STALE_S,
    STALE_S,
    Content,
    NewInstruction,
    Outbox,
    Outgoing,
    Picture,
    RealtimeText,
    Sound,
    ToolAnswer,
)
from app.telemetry import metrics

MS_20 = Sound(bytes(640))
SAY = RealtimeText("Go on.")
NOTE = Content("The caller heard: It is", turn_complete=False)
ANSWER = ToolAnswer("7", "find_order", {"status": "ok"})
ONE, TWO = Picture(b"one"), Picture(b"two")


def dropped_ms() -> float:
    return float(metrics.listen_dropped_ms._value.get())


def taken(outbox: Outbox, now: float) -> list[Outgoing]:
    messages = []
    while (message := outbox.take(now)) is not None:
        messages.append(message)
    return messages


def test_what_is_put_first_is_taken_first() -> None:
    outbox = Outbox()
    messages: tuple[Outgoing, ...] = (SAY, MS_20, NOTE, ANSWER)
    for message in messages:
        outbox.put(message, 0.0)
    assert taken(outbox, 0.1) == list(messages)


def test_old_sound_is_dropped_and_counted_but_never_words() -> None:
    outbox, before = Outbox(), dropped_ms()
    messages: tuple[Outgoing, ...] = (MS_20, SAY, MS_20, ANSWER, MS_20)
    for number, message in enumerate(messages):
        outbox.put(message, number * 0.3)
    assert taken(outbox, 2 * 0.3 + STALE_S + 0.01) == [SAY, ANSWER, MS_20]
    assert dropped_ms() == before + 40


def test_what_could_not_be_sent_is_next_again() -> None:
    outbox = Outbox()
    outbox.put(NOTE, 0.0)
    outbox.put_back(SAY, 0.0)
    assert taken(outbox, 0.0) == [SAY, NOTE]


def test_a_resumed_session_is_told_the_words_and_the_answers() -> None:
    outbox, before = Outbox(), dropped_ms()
    for message in (MS_20, SAY, ANSWER):
        outbox.put(message, 0.0)
    outbox.start_over(resumed=True)
    assert taken(outbox, 9.0) == [SAY, ANSWER]
    assert dropped_ms() == before + 20


def test_a_fresh_session_is_not_told_answers() -> None:
    outbox = Outbox()
    for message in (NOTE, ANSWER):
        outbox.put(message, 0.0)
    outbox.start_over(resumed=False)
    assert taken(outbox, 9.0) == [NOTE]


def test_it_never_holds_more_than_its_bound() -> None:
    outbox = Outbox()
    for number in range(MOST + 5):
        outbox.put(RealtimeText(str(number)), 0.0)
    assert len(outbox) == MOST
    assert outbox.take(0.0) == RealtimeText("5")


def outbox_after_a_picture() -> Outbox:
    """One whose picture of this second has been sent, at 10.0."""
    outbox = Outbox()
    outbox.put(ONE, 10.0)
    assert outbox.take(10.0) == ONE
    return outbox


def test_one_picture_a_second_is_sent() -> None:
    outbox = outbox_after_a_picture()
    outbox.put(TWO, 10.0)
    assert outbox.take(10.9) is None
    assert outbox.take(11.0) == TWO


def test_a_picture_that_is_not_due_delays_neither_sound_nor_answers_but_the_words_behind_it() -> None:
    outbox = outbox_after_a_picture()
    for message in (NOTE, TWO, SAY, MS_20, ANSWER):
        outbox.put(message, 10.1)
    assert taken(outbox, 10.2) == [NOTE, MS_20, ANSWER]
    assert taken(outbox, 11.0) == [TWO, SAY]


def test_it_says_when_something_may_be_sent() -> None:
    outbox = outbox_after_a_picture()
    assert outbox.wait_s(10.1) is None
    outbox.put(TWO, 10.1)
    assert outbox.wait_s(10.25) == pytest.approx(0.75)
    outbox.put(MS_20, 10.3)
    assert outbox.wait_s(10.3) == 0.0
    assert outbox.take(10.3) == MS_20
    assert outbox.wait_s(11.5) == 0.0


def test_of_too_many_pictures_the_oldest_is_dropped() -> None:
    outbox = Outbox()
    for number in range(MOST_PICTURES + 2):
        outbox.put(Picture(bytes([number])), 0.0)
    assert len(outbox) == MOST_PICTURES
    assert outbox.take(0.0) == Picture(b"\x02")


def test_a_picture_waits_half_a_minute_for_a_session_and_no_longer() -> None:
    kept, dropped = Outbox(), Outbox()
    for outbox in (kept, dropped):
        outbox.put(ONE, 0.0)
    kept.start_over(resumed=False)
    assert kept.take(PICTURE_STALE_S - 1) == ONE
    dropped.start_over(resumed=False)
    assert dropped.take(PICTURE_STALE_S + 1) is None


@pytest.mark.parametrize("resumed", [True, False])
def test_a_new_connection_is_not_told_an_instruction_that_its_setup_has(resumed: bool) -> None:
    outbox = Outbox()
    outbox.put(NewInstruction("Speak Spanish."), 0.0)
    outbox.start_over(resumed)
    assert outbox.take(0.0) is None
