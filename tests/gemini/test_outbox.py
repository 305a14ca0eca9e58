"""What waits, for how long, and what a new connection is still told."""

from app.gemini.outbox import MOST, STALE_S, Content, Outbox, Outgoing, RealtimeText, Sound, ToolAnswer
from app.telemetry import metrics

MS_20 = Sound(bytes(640))
SAY = RealtimeText("Go on.")
NOTE = Content("The caller heard: It is", turn_complete=False)
ANSWER = ToolAnswer("7", "find_order", {"status": "ok"})


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
