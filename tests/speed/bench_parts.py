"""What each part of the way of a sound costs by itself: ``make bench``."""

import base64

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from app.audio.pcm import PHONE_RATE, Audio
from app.audio.resample import PhoneEncoder, Upsampler
from app.audio.soundness import Soundness
from app.audio.speech import SpeechDetector
from app.call.events import AssistantAudio
from app.gemini import messages as live_messages
from app.gemini.wire import masked
from app.rehearsal.load import live, signals
from app.rehearsal.load.phones import frames
from app.store.journal_lines import lines_of
from app.twilio import messages
from app.twilio.served import framed
from tests.playbook import frame, greeted, sound
from tests.speed.one_call import OneCall
from tests.twilio.wires import STREAM, media

CALLER = signals.voice(PHONE_RATE, 12).astype("<i2").tobytes()
ASSISTANT = signals.voice(live.RATE, 12).astype("<i2").tobytes()


def test_a_frame_of_the_phone_is_read(benchmark: BenchmarkFixture) -> None:
    text = media(500, sound=base64.b64decode(frames(False)[0])).encode()
    assert isinstance(benchmark(messages.parse_text, text), messages.Media)


def test_a_message_of_the_model_is_read(benchmark: BenchmarkFixture) -> None:
    assert len(benchmark(live_messages.parse, live.sound_message(ASSISTANT[:1_920]))) == 1


def test_a_frame_of_the_caller_is_looked_at_for_speech(benchmark: BenchmarkFixture) -> None:
    detector, at = SpeechDetector(), iter(range(0, len(CALLER) * 10_000, 320))
    benchmark(lambda: detector.hear(CALLER[(begin := next(at) % len(CALLER)) : begin + 320], 500.0))


@pytest.mark.parametrize("ms", [20, 40])
def test_sound_of_the_caller_is_made_the_models(benchmark: BenchmarkFixture, ms: int) -> None:
    upsampler = Upsampler()
    benchmark(upsampler.process, CALLER[: ms * 16])


@pytest.mark.parametrize("ms", [40, 200])
def test_sound_of_the_model_is_made_the_phones(benchmark: BenchmarkFixture, ms: int) -> None:
    encoder = PhoneEncoder()
    benchmark(encoder.process, ASSISTANT[: ms * 48])


def test_a_message_of_the_model_is_looked_at_for_flaws(benchmark: BenchmarkFixture) -> None:
    benchmark(Soundness().flaw, Audio(ASSISTANT[-4_800:], live.RATE))


def test_sound_for_the_model_is_put_in_a_frame(benchmark: BenchmarkFixture) -> None:
    benchmark(lambda: masked(live_messages.audio_frame(CALLER[:1_280]), b"abcd"))


def test_sound_for_the_phone_is_put_in_a_frame(benchmark: BenchmarkFixture) -> None:
    benchmark(lambda: framed(messages.media(STREAM, CALLER[:1_600]).encode()))


def test_the_machine_takes_a_frame_of_the_caller(benchmark: BenchmarkFixture) -> None:
    scene, event = greeted(), frame()
    benchmark(scene.call.handle, event, scene.now)


def test_the_machine_takes_sound_of_the_model(benchmark: BenchmarkFixture) -> None:
    scene, event, steps = greeted(gather_ms=200.0), AssistantAudio(sound(40)), iter(range(1_000_000_000))
    scene.when(event)
    benchmark(lambda: scene.call.handle(event, scene.now + next(steps) * 0.04))


def test_a_second_of_a_call_is_put_in_a_journal(benchmark: BenchmarkFixture) -> None:
    call = OneCall()
    call.journal.take()
    call.run(1.0)
    benchmark(lines_of, call.journal.take().entries)


def test_a_second_of_a_call(benchmark: BenchmarkFixture) -> None:
    """All of it together, but for sockets, TLS and the event loop."""
    call = OneCall()

    def second() -> None:
        call.run(1.0)
        call.journal.take().lines()

    benchmark(second)
