"""A tape: both sides on one axis, nothing before consent, and what must not be kept is silence."""

import numpy as np

from app.recording.tape import BLOCK, HELD, Block, Tape

LOUD = bytes([0x10]) * 160  # 20 ms
SILENCE = 0xFF
FIRST_MS = (
    171  # https://www.twilio.com/docs/voice/media-streams/websocket-messages: a stream's count need not begin at 0
)


class Talk:
    """A tape to which both sides speak all the time."""

    def __init__(self, *, consented: bool = True, began: float = 50.0) -> None:
        self.blocks: list[Block] = []
        self.tape = Tape(self.blocks.append, consented=consented)
        self.now = self.began = began
        self.at_ms = FIRST_MS

    def goes_on(self, seconds: float) -> "Talk":
        for _ in range(round(seconds * 50)):
            self.tape.sent(bytes([1]) * 160, self.now)
            self.now += 0.02
            self.hears()
        return self

    def hears(self, code: int = LOUD[0]) -> None:
        self.tape.heard(bytes([code]) * 160, self.at_ms, self.now)
        self.at_ms += 20

    def over(self) -> "Talk":
        self.tape.end()
        return self

    @property
    def caller(self) -> bytes:
        return b"".join(block.caller for block in self.blocks)

    @property
    def assistant(self) -> bytes:
        return b"".join(block.assistant for block in self.blocks)


def silent(side: bytes) -> list[tuple[float, float]]:
    """Stretches of silence in seconds, edges of 20 ms apart."""
    is_silent = np.concatenate(([0], np.frombuffer(side, np.uint8) == SILENCE, [0])).astype(np.int8)
    edges = np.flatnonzero(np.diff(is_silent))
    pairs = edges.reshape(-1, 2) / 8_000
    return [(round(float(a), 2), round(float(b), 2)) for a, b in pairs if b - a > 0.021]


def test_both_sides_come_out_in_blocks_of_the_same_length_some_seconds_later() -> None:
    talk = Talk().goes_on(HELD + 2)
    assert [block.at for block in talk.blocks] == [0, BLOCK]
    assert {len(block.caller) for block in talk.blocks} == {len(block.assistant) for block in talk.blocks} == {BLOCK}
    talk.over()
    assert len(talk.caller) == len(talk.assistant) == (HELD + 2) * BLOCK
    assert silent(talk.caller) == silent(talk.assistant) == []


def test_nothing_comes_out_of_a_call_without_consent_however_long_it_is() -> None:
    assert Talk(consented=False).goes_on(60).over().blocks == []


def test_until_there_is_consent_the_caller_is_silence() -> None:
    talk = Talk(consented=False).goes_on(5)
    talk.tape.consent(talk.now)
    talk.goes_on(5).over()
    assert silent(talk.caller) == [(0.0, 5.0)]
    assert silent(talk.assistant) == []


def test_a_consent_that_comes_late_keeps_no_more_than_is_held() -> None:
    talk = Talk(consented=False).goes_on(HELD + 10)
    talk.tape.consent(talk.now)
    talk.goes_on(2).over()
    assert talk.blocks[0].at == 10 * BLOCK
    assert silent(talk.caller) == [(0.0, float(HELD))]


def test_both_are_silence_while_it_is_paused_and_the_time_goes_on() -> None:
    talk = Talk().goes_on(3)
    talk.tape.pause(talk.now)
    talk.goes_on(2)
    talk.tape.resume(talk.now)
    talk.goes_on(30).over()
    assert silent(talk.caller) == silent(talk.assistant) == [(3.0, 5.0)]
    assert [(a / 8_000, b / 8_000) for a, b in talk.tape.paused] == [(3.0, 5.0)]
    assert len(talk.caller) == 35 * 8_000


def test_a_pause_may_last_longer_than_what_is_held_and_to_the_end() -> None:
    talk = Talk().goes_on(3)
    talk.tape.pause(talk.now)
    talk.goes_on(HELD + 15).over()
    assert silent(talk.caller) == [(3.0, HELD + 18.0)]


def test_a_span_is_silenced_on_one_side() -> None:
    talk = Talk().goes_on(10)
    assert talk.tape.silence("caller", (4 * 8_000, 6 * 8_000)) is None
    talk.goes_on(20).over()
    assert silent(talk.caller) == [(4.0, 6.0)]
    assert silent(talk.assistant) == []


def test_of_a_span_that_is_out_already_the_rest_is_silenced_and_the_other_part_given_back() -> None:
    talk = Talk().goes_on(HELD + 5)
    assert talk.tape.silence("caller", (4 * 8_000, 6 * 8_000)) == (4 * 8_000, 5 * 8_000)
    assert talk.tape.silence("caller", (0, 8_000)) == (0, 8_000)
    talk.over()
    assert silent(talk.caller) == [(5.0, 6.0)]


def test_a_stopped_tape_keeps_nothing_more() -> None:
    talk = Talk().goes_on(5)
    talk.tape.stop()
    assert talk.goes_on(30).over().blocks == []


def test_frames_that_come_in_bursts_do_not_shift_the_assistant() -> None:
    talk = Talk().goes_on(3)
    talk.now += 1.0  # this process stood still ...
    for _ in range(50):
        talk.hears()  # ... and what came meanwhile is there at once
    talk.tape.sent(bytes([2]) * 8_000, talk.now)
    talk.goes_on(3).over()
    codes = np.frombuffer(talk.assistant, np.uint8)
    assert abs(int(np.flatnonzero(codes == 2)[0]) - 4 * 8_000) <= 160


def test_sound_of_the_assistant_lies_by_the_clock_also_before_the_caller_is_heard() -> None:
    talk = Talk()
    talk.tape.sent(bytes([2]) * 800, talk.now)
    talk.goes_on(2).over()
    assert talk.assistant[:800] == bytes([2]) * 800


def test_what_of_the_caller_never_came_is_silence_and_shifts_nothing() -> None:
    talk = Talk().goes_on(2)
    talk.now += 0.5
    talk.at_ms += 500
    talk.goes_on(2).over()
    assert silent(talk.caller) == [(2.0, 2.5)]
    assert len(talk.caller) == 4.5 * 8_000


def test_what_comes_late_is_not_missing() -> None:
    talk = Talk().goes_on(2)
    talk.now += 3.0
    for _ in range(150):
        talk.hears()
    talk.goes_on(1).over()
    assert silent(talk.caller) == []
    assert len(talk.caller) == 6 * 8_000


def test_a_count_that_jumps_back_or_far_ahead_is_begun_anew() -> None:
    for jump_ms in (-FIRST_MS - 60_000, 3_600_000):
        talk = Talk().goes_on(2)
        talk.at_ms += jump_ms
        talk.goes_on(2).over()
        assert silent(talk.caller) == []
        assert len(talk.caller) == 4 * 8_000


def test_what_came_twice_is_there_once() -> None:
    talk = Talk().goes_on(2)
    talk.at_ms -= 100
    talk.goes_on(2).over()
    assert len(talk.caller) == 3.9 * 8_000


def test_counts_that_are_a_little_uneven_tear_nothing() -> None:
    talk = Talk().goes_on(2)
    for shift in (5, -5, 3, -3) * 10:
        talk.at_ms += shift
        talk.goes_on(0.02)
    talk.over()
    assert silent(talk.caller) == []


def test_marks_say_where_the_assistant_was_heard_however_late_they_are_taken_in() -> None:
    talk = Talk(began=0.0)
    for _ in range(100):
        talk.now += 0.02
        talk.hears()
    talk.tape.sent(bytes([2]) * 1_600, talk.now + 0.7)  # this process stood still before it ...
    talk.tape.marked("g1:1")
    talk.now += 2.0
    for number in range(100):
        if number == 15:
            talk.tape.returned("g1:1")  # ... and after it: the order is what it was
        talk.hears()
    talk.over()
    codes = np.frombuffer(talk.assistant, np.uint8)
    assert np.flatnonzero(codes == 2)[[0, -1]].tolist() == [115 * 160 - 1_600, 115 * 160 - 1]


def test_the_tone_of_a_key_is_not_heard_and_the_assistant_is() -> None:
    talk = Talk().goes_on(3)
    talk.tape.keyed()
    talk.goes_on(3).over()
    assert silent(talk.caller) == [(2.5, 3.3)]
    assert silent(talk.assistant) == []
