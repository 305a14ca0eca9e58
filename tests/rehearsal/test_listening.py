"""What the caller's ear measures, frame by frame, without any real time."""

from app.rehearsal.listening import Listening

FRAME_S = 0.02


class Ear:
    """Feeds a Listening frame by frame; sound is 20 ms of loudness."""

    def __init__(self) -> None:
        self.listening = Listening()
        self.now = 0.0

    def hear(self, ms: int, level: float = 3_000.0, queued_ms: float = 0.0) -> None:
        for _ in range(ms // 20):
            self.listening.frame(self.now, level, 20.0, queued_ms)
            self.now += FRAME_S

    def silence(self, ms: int) -> None:
        for _ in range(ms // 20):
            self.listening.frame(self.now, 0.0, 0.0, 0.0)
            self.now += FRAME_S


def test_the_first_sound_is_timed_from_the_pick_up() -> None:
    ear = Ear()
    ear.hear(100, level=5.0)  # sent, but nothing to be heard
    ear.silence(300)
    ear.hear(200)
    assert ear.listening.figures.first_sound_ms == 400
    assert ear.listening.figures.heard_ms == 200


def test_an_answer_is_timed_from_the_end_of_the_callers_speech() -> None:
    ear = Ear()
    ear.hear(1_000)
    ear.silence(1_000)
    ear.listening.caller_begins(ear.now)
    ear.silence(800)
    ear.listening.caller_ends(ear.now)
    assert not ear.listening.answered
    ear.silence(740)
    ear.hear(400)
    assert ear.listening.figures.turn_gaps_ms == [740]
    assert ear.listening.answered


def test_an_answer_has_one_beginning() -> None:
    ear = Ear()
    ear.listening.caller_begins(ear.now)
    ear.silence(400)
    ear.listening.caller_ends(ear.now)
    ear.silence(200)
    ear.hear(400)
    ear.silence(600)
    ear.hear(400)
    assert ear.listening.figures.turn_gaps_ms == [200]


def test_a_clear_ends_a_barge_in() -> None:
    ear = Ear()
    ear.hear(1_000, queued_ms=5_000)
    ear.listening.caller_begins(ear.now)
    ear.hear(340, queued_ms=4_000)
    ear.listening.cleared(ear.now, 4_000)
    assert ear.listening.figures.barge_ins_ms == [340]
    assert ear.listening.figures.cleared_ms == 4_000
    assert not ear.listening.sounding(ear.now + 0.3)


def test_a_barge_in_that_only_runs_out_ends_where_the_sound_did() -> None:
    ear = Ear()
    ear.hear(1_000)
    ear.listening.caller_begins(ear.now)
    ear.hear(500)
    ear.silence(700)
    assert ear.listening.figures.barge_ins_ms == [500]


def test_a_barge_in_that_never_silences_is_reported_as_never() -> None:
    ear = Ear()
    ear.hear(1_000)
    ear.listening.caller_begins(ear.now)
    ear.hear(3_000)
    assert ear.listening.ended().barge_ins_ms == [None]


def test_speaking_into_silence_is_no_barge_in() -> None:
    ear = Ear()
    ear.hear(1_000)
    ear.silence(400)
    ear.listening.caller_begins(ear.now)
    ear.silence(400)
    assert ear.listening.ended().barge_ins_ms == []


def test_speaking_before_anything_was_heard_is_no_barge_in() -> None:
    ear = Ear()
    ear.listening.caller_begins(ear.now)
    ear.silence(1_000)
    assert ear.listening.ended().barge_ins_ms == []


def test_the_old_answer_still_sounding_is_not_the_answer_to_a_barge_in() -> None:
    ear = Ear()
    ear.hear(1_000)
    ear.listening.caller_begins(ear.now)
    ear.hear(400)
    ear.listening.caller_ends(ear.now)
    ear.hear(200)
    assert not ear.listening.answered
    ear.silence(500)
    ear.hear(200)
    assert ear.listening.answered
    assert ear.listening.figures.turn_gaps_ms == [700]


def test_a_buffer_that_runs_dry_inside_a_stretch_is_an_underrun() -> None:
    ear = Ear()
    ear.hear(400)
    ear.silence(80)
    ear.hear(400)
    ear.listening.frame(ear.now, 3_000.0, 12.0, 0.0)  # 8 ms short
    ear.now += FRAME_S
    ear.hear(400)
    figures = ear.listening.figures
    assert (figures.underruns, figures.underrun_ms) == (2, 88)


def test_a_sentence_that_ended_in_silence_was_not_broken() -> None:
    ear = Ear()
    ear.hear(400)
    ear.hear(40, level=20.0)
    ear.silence(100)
    ear.hear(400)
    assert ear.listening.figures.underruns == 0


def test_a_pause_between_turns_and_a_clear_are_no_underruns() -> None:
    ear = Ear()
    ear.hear(400)
    ear.silence(400)
    ear.hear(400)
    ear.listening.cleared(ear.now, 100)
    ear.silence(60)
    ear.hear(400)
    assert ear.listening.figures.underruns == 0


def test_quiet_is_only_quiet_when_nothing_waits() -> None:
    ear = Ear()
    ear.hear(400)
    ear.hear(600, level=0.0, queued_ms=200)
    assert ear.listening.quiet_ms(ear.now) == 0
    ear.silence(100)
    assert round(ear.listening.quiet_ms(ear.now)) == 700


def test_what_the_app_left_unplayed_is_cut_off() -> None:
    ear = Ear()
    ear.hear(400, queued_ms=900)
    ear.listening.stream_ended(ear.now, 900, by_app=True)
    assert ear.listening.figures.cut_off_ms == 900


def test_keys_take_the_greeting_for_no_answer() -> None:
    ear = Ear()
    ear.hear(1_000)
    ear.silence(1_000)
    ear.listening.caller_wrote(ear.now)
    assert not ear.listening.answered
    assert ear.listening.figures.answers == 0
    ear.silence(900)
    ear.hear(400)
    assert ear.listening.answered
    figures = ear.listening.figures
    assert (figures.answers, figures.turn_gaps_ms) == (1, [])


def test_only_turns_that_were_answered_count() -> None:
    ear = Ear()
    ear.hear(1_000)
    ear.silence(400)
    for answer_ms in (400, 0, 400):
        ear.listening.caller_begins(ear.now)
        ear.silence(400)
        ear.listening.caller_ends(ear.now)
        ear.silence(400)
        ear.hear(answer_ms)
        ear.silence(400)
    assert ear.listening.figures.answers == 2
