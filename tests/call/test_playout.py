"""Where the caller's ear is: sent ahead by about a second, heard by marks, never more than was sent."""

import pytest

from app.call.commands import Play
from app.call.events import AssistantAudio, Event, GenerationCompleted, SessionLost, Transcribed, TurnCompleted
from app.call.playout import LEAD_MS, MARK_LATE_S, PIECE_MS, Playout
from tests.playbook import Scene, greeted, sound, story


def filled(ms: int, now: float = 0.0) -> tuple[Playout, list[Play]]:
    """A playout with so much sound of one generation, and what it sent of it."""
    playout = Playout()
    for _ in range(ms // 200):
        playout.queue(sound(200), 1)
    return playout, list(playout.pump(now))


def marks(plays: list[Play]) -> list[str]:
    return [play.mark for play in plays if play.mark is not None]


# ---- what is sent


def test_about_a_second_is_sent_ahead() -> None:
    playout, plays = filled(5_000)
    assert sum(play.audio.ms for play in plays) == LEAD_MS
    assert list(playout.pump(0.0)) == []
    assert sum(play.audio.ms for play in playout.pump(0.5)) == pytest.approx(600, abs=200)


def test_a_message_of_the_model_is_one_piece_and_a_whole_turn_in_one_message_is_many() -> None:
    playout = Playout()
    playout.queue(sound(240), 1)
    assert [play.audio.ms for play in playout.pump(0.0)] == [240]
    playout.queue(sound(10_000), 1)
    assert max(play.audio.ms for play in playout.pump(0.0)) == PIECE_MS
    assert playout.sent_ms <= LEAD_MS + PIECE_MS


def test_the_pieces_of_a_message_are_the_message() -> None:
    playout = Playout()
    pcm = bytes(range(256)) * 200
    playout.queue(type(sound(1))(pcm, 24_000), 1)
    sent = [play.audio.pcm for second in range(9) for play in playout.pump(float(second))]
    assert b"".join(sent) == pcm


def test_every_200_ms_and_at_the_end_there_is_a_mark_named_by_generation() -> None:
    playout = Playout()
    for _ in range(9):
        playout.queue(sound(50), 7)
    playout.finish()
    plays = list(playout.pump(0.0))
    assert [play.mark for play in plays] == [*[None] * 3, "g7:1", *[None] * 3, "g7:2", None, "g7:3"]
    assert [play.last for play in plays] == [False] * 9 + [True]


def test_the_end_goes_out_even_if_the_lead_is_full() -> None:
    playout, _ = filled(1_000)
    playout.finish()
    assert [play.last for play in playout.pump(0.0)] == [True]


def test_once_the_ear_has_enough_sound_goes_out_in_larger_pieces() -> None:
    playout, _ = filled(1_000)
    for _ in range(4):
        playout.queue(sound(40), 1)
    assert list(playout.pump(0.3, 200)) == []  # there is room, but not yet so much to send
    playout.queue(sound(40), 1)
    assert sum(play.audio.ms for play in playout.pump(0.3, 200)) == 200
    playout.queue(sound(400), 1)
    assert list(playout.pump(0.35, 200)) == []  # there is so much, but no room
    assert sum(play.audio.ms for play in playout.pump(0.5, 200)) == 400


def test_what_the_ear_needs_soon_is_not_gathered() -> None:
    playout, _ = filled(600)
    playout.queue(sound(40), 1)
    assert list(playout.pump(0.05, 200)) == []
    assert playout.refill_at(0.05) == pytest.approx(0.1)
    assert [play.audio.ms for play in playout.pump(0.1, 200)] == [40]


def test_the_end_of_a_stretch_is_not_gathered() -> None:
    playout, _ = filled(600)
    playout.queue(sound(40), 1)
    playout.finish()
    assert [(play.audio.ms, play.last) for play in playout.pump(0.0, 200)] == [(40, False), (0, True)]


def test_a_stretch_without_sound_has_no_end() -> None:
    playout = Playout()
    playout.finish()
    assert list(playout.pump(0.0)) == []


def test_sound_is_due_again_before_the_ear_runs_dry() -> None:
    playout, _ = filled(5_000)
    assert playout.refill_at(0.0) == pytest.approx(0.5)
    assert playout.refill_at(0.99) == pytest.approx(1.01)
    drained, _ = filled(200)
    assert drained.refill_at(0.0) is None


# ---- what is heard


def test_heard_is_the_last_mark_and_the_time_since_up_to_the_next_mark() -> None:
    playout, plays = filled(1_000)
    assert playout.heard_ms(0.1) == pytest.approx(100)
    assert playout.heard_ms(0.5) == 200  # the first mark has not come back
    assert playout.mark_reached(marks(plays)[0], 0.5)
    assert playout.heard_ms(0.5) == 200
    assert playout.heard_ms(0.6) == pytest.approx(300)


def test_heard_is_never_more_than_was_sent() -> None:
    playout, plays = filled(1_000)
    for name in marks(plays):
        playout.mark_reached(name, 1.0)
    assert playout.heard_ms(1_000.0) == playout.sent_ms == 1_000


def test_a_mark_stands_for_those_before_it() -> None:
    playout, plays = filled(1_000)
    first, *_, last = marks(plays)
    assert playout.mark_reached(last, 1.1)
    assert playout.heard_ms(1.1) == 1_000
    assert not playout.mark_reached(first, 1.2)
    assert playout.drained(1.2)


def test_an_unknown_mark_means_nothing() -> None:
    playout, _ = filled(1_000)
    assert not playout.mark_reached("g1:99", 0.9)
    assert playout.heard_ms(0.9) == 200


def test_a_lost_mark_is_given_up_after_a_while() -> None:
    playout, _ = filled(1_000)
    assert playout.heard_ms(0.2 + MARK_LATE_S - 0.01) == 200
    assert playout.heard_ms(0.2 + MARK_LATE_S) == 400
    assert not playout.drained(2.9)
    assert playout.over_at() == pytest.approx(1.0 + MARK_LATE_S)
    assert playout.drained(playout.over_at())


def test_marks_that_come_after_they_were_given_up_do_not_turn_the_ear_back() -> None:
    playout, plays = filled(2_000)
    names = marks(plays)
    heard_ms = playout.heard_ms(2.75)
    assert heard_ms > 400
    assert playout.mark_reached(names[-1], 2.8)
    assert not playout.mark_reached(names[0], 2.9)
    assert playout.heard_ms(2.9) >= heard_ms


def test_marks_given_up_are_forgotten() -> None:
    playout = Playout()
    for second in range(600):
        playout.queue(sound(1_000), 1)
        list(playout.pump(float(second)))
        playout.heard_ms(float(second))
    assert len(playout._marks) < 30


def test_sound_after_a_pause_is_heard_from_when_it_is_sent() -> None:
    playout, plays = filled(400)
    playout.mark_reached(marks(plays)[-1], 0.4)
    playout.queue(sound(200), 2)
    list(playout.pump(5.0))
    assert playout.heard_ms(5.0) == 400
    assert playout.heard_ms(5.1) == pytest.approx(500)
    assert playout.began_at == 5.0


def test_the_past_can_be_asked_when_a_position_was_heard() -> None:
    playout, plays = filled(1_000)
    playout.mark_reached(marks(plays)[-1], 1.1)
    assert playout.heard_at(1_000, 9.0) == pytest.approx(1.1)
    assert playout.heard_at(1_000, 0.7) == 0.7


# ---- cleared


def test_a_clear_leaves_what_was_heard_and_nothing_else() -> None:
    playout, plays = filled(5_000)
    playout.mark_reached(marks(plays)[1], 0.4)
    heard_ms = playout.clear(0.5)
    assert heard_ms == pytest.approx(500)
    assert playout.queued_ms == playout.sent_ms == playout.heard_ms(9.0) == heard_ms
    assert playout.drained(0.5)
    assert playout.refill_at(0.5) is None
    assert list(playout.pump(0.6)) == []


def test_a_mark_swept_out_by_a_clear_is_not_a_played_one() -> None:
    playout, plays = filled(1_000)
    playout.clear(0.1)
    assert [playout.mark_reached(name, 0.2) for name in marks(plays)] == [False] * 5
    assert playout.heard_ms(0.2) == pytest.approx(100)


def test_names_of_marks_are_never_used_again() -> None:
    playout, plays = filled(1_000)
    playout.clear(0.5)
    playout.queue(sound(200), 1)
    assert not set(marks(list(playout.pump(0.6)))) & set(marks(plays))


@pytest.mark.parametrize("over", [GenerationCompleted(), TurnCompleted(), SessionLost(1006)])
def test_the_tail_of_a_turn_goes_out_however_it_ends(over: Event) -> None:
    scene = greeted()
    scene.when(AssistantAudio(sound(100)))
    assert [play.last for play in scene.when(over).of(Play)] == [True]


def test_the_tail_of_a_turn_that_never_ends_goes_out_too() -> None:
    scene = greeted()
    scene.when(AssistantAudio(sound(100)))
    assert [play.last for play in scene.wait(8.5).of(Play)] == [True]


# ---- with an ear in real time


def streamed(scene: Scene, seconds: float, *, message_ms: int = 200, faster: float = 2.0) -> Scene:
    """The model speaks for so long, faster than real time; then all of it is heard."""
    for _ in range(int(seconds * 1000) // message_ms):
        scene.when(Transcribed("assistant", "and so on "), AssistantAudio(sound(message_ms)))
        scene.wait(message_ms / 1000 / faster)
    return scene.when(GenerationCompleted(), TurnCompleted()).wait(seconds + 4.0)


@pytest.mark.parametrize("gather_ms", [0.0, 200.0])
@pytest.mark.parametrize("marks_take_s", [0.0, 0.15, 0.8])
@pytest.mark.parametrize(("message_ms", "faster"), [(40, 1.5), (100, 3.0), (240, 5.0), (2_000, 5.0)])
def test_the_ear_never_runs_dry_and_never_holds_much(
    marks_take_s: float, message_ms: int, faster: float, gather_ms: float
) -> None:
    scene = greeted(gather_ms=gather_ms)
    scene.ear.marks_take_s = marks_take_s
    scene.ear.ran_dry_s.clear()
    streamed(scene, 20.0, message_ms=message_ms, faster=faster)
    assert [gap for gap in scene.ear.ran_dry_s if gap < 0.5] == []
    assert len(scene.ear.ran_dry_s) == 1  # between the greeting and this
    assert scene.ear.lead_s < 1.3 + marks_take_s


@pytest.mark.parametrize("gather_ms", [0.0, 200.0])
def test_the_ear_is_fed_when_no_mark_ever_comes_back(gather_ms: float) -> None:
    scene = greeted(gather_ms=gather_ms)
    scene.ear.deaf = True
    scene.ear.ran_dry_s.clear()
    streamed(scene, 20.0, faster=5.0)
    assert len(scene.ear.ran_dry_s) == 1
    assert scene.ear.lead_s < 1.4
    assert scene.heard_ms == 21_600


@pytest.mark.parametrize("gather_ms", [0.0, 200.0])
def test_a_stall_of_ours_of_half_a_second_is_not_heard(gather_ms: float) -> None:
    scene = greeted(gather_ms=gather_ms)
    scene.ear.ran_dry_s.clear()
    scene.when(*[AssistantAudio(sound(200))] * 50)
    scene.stall(0.5).wait(10.0)
    assert len(scene.ear.ran_dry_s) == 1


def test_a_playout_that_twilio_holds_up_does_not_pile_up_there() -> None:
    scene = greeted()
    scene.when(*story(10_000)).wait(1.0)
    scene.ear.busy_until += 3.0  # the network of the phone, not ours
    scene.ear.marks = type(scene.ear.marks)((at + 3.0, name) for at, name in scene.ear.marks)
    scene.wait(12.0)
    assert scene.ear.lead_s < 6.5
    assert scene.heard_ms == 11_600
