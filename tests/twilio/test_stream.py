"""A stream that was let in: sound and events both ways until it is over."""

import asyncio

import pytest
from prometheus_client import REGISTRY

from app.audio import mulaw
from app.audio.pcm import Audio
from app.audio.resample import PhoneEncoder
from app.call.events import CallerAudio, CallerHungUp, Event, KeyPressed, MarkReached, SpeechEnded, SpeechStarted
from app.twilio.stream import PhoneStream
from tests.twilio.wires import (
    ACCOUNT,
    CALL,
    CALLED,
    CALLER,
    STREAM,
    Clock,
    connected,
    key,
    mark,
    media,
    model_sound,
    running,
    start,
    stop,
    voice,
)


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


# ---- what arrives


async def test_a_stream_says_whose_it_is() -> None:
    async with running() as line:
        stream: PhoneStream = line.stream
        assert (stream.call_sid, stream.stream_sid, stream.account_sid) == (CALL, STREAM, ACCOUNT)
        assert (stream.caller, stream.called) == (CALLER, CALLED)


async def test_sound_arrives_decoded() -> None:
    sound = bytes(range(160))
    async with running() as line:
        line.say(media(1, sound=sound))
        await line.until_events(1)
        assert line.events == [CallerAudio(Audio(mulaw.decode(sound), 8_000))]


async def test_in_pairs_two_frames_arrive_as_one_and_no_sound_is_kept_back() -> None:
    sounds = [bytes([number]) * 160 for number in range(3)]
    async with running(in_pairs=True) as line:
        line.say(*(media(number, sound=sound) for number, sound in enumerate(sounds, 1)), stop())
        await line.until_events(3)
    pair, rest = mulaw.decode(sounds[0] + sounds[1]), mulaw.decode(sounds[2])
    assert line.events == [CallerAudio(Audio(pair, 8_000)), CallerAudio(Audio(rest, 8_000)), CallerHungUp(clean=True)]


@pytest.mark.parametrize(("between", "event"), [(mark("g1:1"), MarkReached("g1:1")), (key("1"), KeyPressed("1"))])
async def test_in_pairs_what_comes_between_two_frames_stays_between_them(between: str, event: Event) -> None:
    frame = Audio(mulaw.decode(b"\xff" * 160), 8_000)
    async with running(in_pairs=True) as line:
        line.say(media(1), between, media(2), media(3), media(4))
        await line.until_events(4)
        pair = Audio(frame.pcm * 2, 8_000)
        assert line.events == [CallerAudio(frame), event, CallerAudio(frame), CallerAudio(pair)]


async def test_keys_and_marks_arrive_in_order() -> None:
    async with running() as line:
        line.say(key("1"), mark("g1:1"), key("#"))
        await line.until_events(3)
        assert line.events == [KeyPressed("1"), MarkReached("g1:1"), KeyPressed("#")]


async def test_a_gap_in_the_timestamps_is_filled_and_counted() -> None:
    before = counted("frontline_phone_gap_ms_total")
    async with running() as line:
        line.say(media(1), media(2, 171 + 60))
        await line.until_events(2)
        assert len(line.caller_pcm) == (20 + 40 + 20) * 16
    assert counted("frontline_phone_gap_ms_total") == before + 40


async def test_the_callers_speech_is_told_apart_from_silence() -> None:
    speech, silence = voice(600), b"\xff" * 160
    async with running() as line:
        frames = [silence] * 20 + [speech[at : at + 160] for at in range(0, len(speech), 160)] + [silence] * 30
        line.say(*(media(number, sound=sound) for number, sound in enumerate(frames, 1)))
        await line.until_events(len(frames) + 2)
        started, ended = line.other_events
    assert started == SpeechStarted()
    assert isinstance(ended, SpeechEnded)
    assert 500 <= ended.speech_ms <= 700


async def test_our_own_sound_coming_back_is_not_the_callers_speech() -> None:
    clock = Clock()
    echo = voice(600, level=1_000)
    async with running(clock=clock) as line:
        line.stream.play(model_sound(1_000, level=12_000), None, True)
        for number, at in enumerate(range(0, len(echo), 160), 1):
            clock.now += 0.02
            line.say(media(number, sound=echo[at : at + 160]))
            await line.until_events(number)
        assert line.other_events == []
        assert line.caller_pcm == bytes(len(line.caller_pcm))  # the model would take it for a caller


async def test_the_caller_goes_through_while_our_own_sound_is_heard() -> None:
    clock = Clock()
    speech = voice(600, level=8_000)
    async with running(clock=clock) as line:
        line.stream.play(model_sound(1_000, level=6_000), None, True)
        for number, at in enumerate(range(0, len(speech), 160), 1):
            clock.now += 0.02
            line.say(media(number, sound=speech[at : at + 160]))
            await line.until(lambda: len(line.caller_pcm) == number * 320)  # noqa: B023 - awaited in this round
        assert line.caller_pcm == mulaw.decode(speech)


class Heard:
    """A tape that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def heard(self, mulaw: bytes, at_ms: int, now: float) -> None:
        self.told.append(("heard", mulaw, at_ms))

    def sent(self, mulaw: bytes, now: float) -> None:
        self.told.append(("sent", len(mulaw)))

    def marked(self, name: str) -> None:
        self.told.append(("marked", name))

    def returned(self, name: str) -> None:
        self.told.append(("returned", name))

    def cleared(self, now: float) -> None:
        self.told.append(("cleared",))

    def keyed(self) -> None:
        self.told.append(("keyed",))


async def test_a_tape_is_told_of_all_sound_as_the_telephone_has_it_also_where_the_model_hears_silence() -> None:
    clock, tape = Clock(), Heard()
    echo = voice(20, level=1_000)
    async with running(clock=clock) as line:
        line.stream.record(tape)
        line.stream.play(model_sound(1_000, level=12_000), "g1:1", True)
        line.say(media(1, sound=echo), mark("g1:1"), key("5"))
        await line.until_events(3)
        line.stream.clear()
        assert line.caller_pcm == bytes(320)
    sent = [("sent", 8_160), ("marked", "g1:1")]
    assert tape.told == [*sent, ("heard", echo, 171), ("returned", "g1:1"), ("keyed",), ("cleared",)]


async def test_a_tape_is_told_nothing_of_sound_that_came_before() -> None:
    tape = Heard()
    async with running() as line:
        line.stream.record(tape)
        line.say(media(1), media(2), media(1), media(3))
        await line.until(lambda: len(tape.told) == 3)
    assert [told[2] for told in tape.told] == [171, 191, 211]


# ---- what is dropped


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        ("hello", "not_json"),
        (b"\x00\x01", "binary"),
        ("x" * 70_000, "oversized"),
        (connected(), "duplicate_start"),
        (start("again"), "duplicate_start"),
        (media(2, stream_sid="MZother"), "wrong_stream"),
        (media(1), "out_of_order"),
        ('{"event":"warp"}', "unknown_event"),
    ],
)
async def test_what_makes_no_sense_is_dropped_and_counted(frame: str | bytes, fault: str) -> None:
    before = counted("frontline_phone_dropped_total", fault=fault)
    async with running() as line:
        line.say(media(1), frame, key("1"))
        await line.until_events(2)
        assert line.other_events == [KeyPressed("1")]
        assert len(line.events) == 2
    assert counted("frontline_phone_dropped_total", fault=fault) == before + 1


async def test_a_flood_of_nonsense_closes_the_stream() -> None:
    async with running() as line:
        line.say(*["nonsense"] * 21)
        await line.until_events(1)
    assert line.events == [CallerHungUp(clean=False)]
    assert line.closed == (1003, "too many faults")


async def test_sound_faster_than_a_telephones_is_dropped_and_then_closes_the_stream() -> None:
    clock = Clock()
    before = counted("frontline_phone_dropped_total", fault="flood")
    async with running(clock=clock) as line:
        for number in range(1, 200):
            line.say(media(number, sound=b"\xff" * 8_000, timestamp_ms=1_000 * number))
            await line.until_read()
            clock.now += 0.1
            if line.other_events:
                break
    assert line.events[-1] == CallerHungUp(clean=False)
    assert len(line.caller_pcm) <= (15 + 3 * 20) * 16_000
    assert counted("frontline_phone_dropped_total", fault="flood") > before
    assert line.closed == (1008, "sound faster than a telephone's")


async def test_frames_that_have_overtaken_each_other_are_heard_in_their_order() -> None:
    sounds = [bytes([number]) * 160 for number in range(5)]
    async with running() as line:
        line.say(*(media(number + 1, sound=sounds[number]) for number in (0, 2, 1, 3, 4)))
        await line.until_events(5)
        assert line.caller_pcm == b"".join(map(mulaw.decode, sounds))


async def test_a_frame_that_never_comes_is_filled_in_and_holds_up_nothing_for_long() -> None:
    clock = Clock()
    async with running(clock=clock) as line:
        line.say(media(1), media(3), media(4))
        await line.until_read()
        clock.now += 0.5
        await line.until_events(4)
        assert len(line.caller_pcm) == (20 + 20 + 40 + 400) * 16


# ---- when nothing arrives


async def test_silence_flows_at_the_walls_pace_while_nothing_comes() -> None:
    clock = Clock()
    async with running(clock=clock) as line:
        line.say(media(1))
        await line.until_events(1)
        clock.now += 0.5
        await line.until_events(2)
        assert line.caller_pcm == mulaw.decode(b"\xff" * 160) + bytes(400 * 16)


async def test_a_frame_that_waits_for_its_second_is_heard_before_the_silence() -> None:
    clock = Clock()
    async with running(clock=clock, in_pairs=True) as line:
        line.say(key("1"))
        await line.until_events(1)
        line.stream._arrived(media(1).encode())
        assert line.events == [KeyPressed("1")]
        clock.now += 0.5
        await line.until_events(3)
        assert line.caller_pcm == mulaw.decode(b"\xff" * 160) + bytes(400 * 16)


async def test_silence_given_is_not_given_again_for_the_gap_that_follows() -> None:
    clock = Clock()
    async with running(clock=clock) as line:
        line.say(media(1))
        await line.until_events(1)
        clock.now += 0.5
        await line.until_events(2)
        line.say(media(2, 171 + 20 + 500))
        await line.until_events(3)
        assert len(line.caller_pcm) == (20 + 500 + 20) * 16


async def test_a_stream_that_says_nothing_for_long_is_given_up() -> None:
    clock = Clock()
    async with running(clock=clock) as line:
        line.say(key("1"))
        await line.until_events(1)
        clock.now += 15.1
        await line.until_events(2)
    assert line.events == [KeyPressed("1"), CallerHungUp(clean=False, silent=True)]


# ---- how it ends


async def test_a_stop_is_a_clean_end_and_the_last_word() -> None:
    async with running() as line:
        line.say(media(1), stop(), key("1"), stop())
        await line.until_events(2)
    assert line.other_events == [CallerHungUp(clean=True)]
    assert line.closed == (1000, "")


async def test_a_socket_that_breaks_is_no_clean_end() -> None:
    async with running() as line:
        line.say(media(1))
        line.drop()
        await line.until_events(2)
    assert line.other_events == [CallerHungUp(clean=False)]
    assert line.closed is None


async def test_a_stop_and_the_sockets_end_are_told_once() -> None:
    async with running() as line:
        line.say(stop())
        line.drop()
        await line.until_events(1)
    assert line.events == [CallerHungUp(clean=True)]


async def test_sending_into_a_broken_socket_raises_nothing() -> None:
    async with running() as line:
        line.broken = True
        line.stream.play(model_sound(100), "g1:1", True)
        line.say(key("1"))
        await line.until_events(1)
        line.stream.clear()
        line.drop()
    assert line.events[-1] == CallerHungUp(clean=False)


async def test_everything_may_be_called_after_the_end() -> None:
    async with running() as line:
        line.drop()
        await line.until_events(1)
    line.stream.play(model_sound(5_000), "g1:1", True)
    line.stream.clear()
    line.stream.leave()
    assert line.events == [CallerHungUp(clean=False)]


async def test_leaving_writes_what_waits_and_closes() -> None:
    async with running() as line:
        line.stream.play(model_sound(100), "g1:1", True)
        line.stream.leave()
        line.stream.leave()
        await line.until_events(1)
    assert line.words == ["media", "g1:1"]
    assert line.closed == (1000, "")
    assert line.events == [CallerHungUp(clean=True)]


async def test_leaving_does_not_wait_for_a_peer_that_does_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.twilio.stream.CLOSE_WITHIN_S", 0.01)
    clock = Clock()
    async with running(clock=clock) as line:
        line.reading.clear()
        line.stream.play(model_sound(100), None, True)
        line.stream.leave()
        clock.now += 2.1
        await line.until(lambda: bool(line.other_events))
    assert line.events[-1] == CallerHungUp(clean=True)


async def test_what_a_receiver_raises_is_not_swallowed() -> None:
    def broken(event: Event) -> None:
        raise RuntimeError("a bug of ours")

    with pytest.raises(ExceptionGroup) as raised:
        async with running() as line:
            line.stream.attach(broken)
            line.say(key("1"))
    assert raised.group_contains(RuntimeError, match="a bug of ours")


# ---- what is sent


async def test_sound_goes_out_as_whole_frames_and_the_rest_with_the_next() -> None:
    sound = model_sound(90)
    async with running() as line:
        line.stream.play(sound, None, False)
        await line.until_sent(1)
        assert len(line.heard) == 640
        line.stream.play(sound, "g1:1", True)
        await line.until_sent(3)
        assert line.words == ["media", "media", "g1:1"]
        encoder = PhoneEncoder()
        expected = encoder.process(sound.pcm * 2) + encoder.flush()
        assert line.heard == expected + b"\xff" * (-len(expected) % 160)


async def test_sound_too_short_for_a_frame_waits_but_its_mark_does_not() -> None:
    async with running() as line:
        line.stream.play(model_sound(10), "g1:1", False)
        await line.until_sent(1)
        assert line.words == ["g1:1"]
        line.stream.play(Audio(b"", 24_000), "g1:2", True)
        await line.until_sent(3)
        assert line.words == ["g1:1", "media", "g1:2"]


async def test_closing_a_stretch_that_has_no_sound_sends_its_mark_alone() -> None:
    async with running() as line:
        line.stream.play(Audio(b"", 24_000), "g1:1", True)
        await line.until_sent(1)
        assert line.words == ["g1:1"]


async def test_a_clear_goes_first_and_leaves_nothing_of_the_old_sound() -> None:
    async with running() as line:
        line.stream.play(model_sound(95), "g1:1", False)
        line.stream.clear()
        line.stream.play(Audio(bytes(1_920), 24_000), "g2:1", True)
        await line.until_sent(4)
        assert line.words == ["clear", "g1:1", "media", "g2:1"]
        assert set(line.heard) == {0xFF}


async def test_a_peer_that_does_not_read_is_left_when_three_seconds_wait() -> None:
    before = counted("frontline_phone_dropped_total", fault="outbox_full")
    async with running() as line:
        line.reading.clear()
        for _ in range(5):
            line.stream.play(model_sound(1_000), None, True)
        line.reading.set()
        await line.until_events(1)
    assert line.events == [CallerHungUp(clean=False)]
    assert counted("frontline_phone_dropped_total", fault="outbox_full") == before + 1


async def test_what_is_played_is_written_within_two_turns_of_the_loop() -> None:
    async with running() as line:
        await asyncio.sleep(0)
        line.stream.play(model_sound(100), None, True)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert line.words == ["media"]
