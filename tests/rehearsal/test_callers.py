"""Rehearsed callers: prepared before the call, led by what they hear."""

import wave
from pathlib import Path

import numpy as np
import pytest

from app.rehearsal.callers import (
    CALLERS,
    Caller,
    EnterCode,
    HangUp,
    Interrupt,
    Mumble,
    PlayFile,
    Press,
    Say,
    Silence,
    Text,
    Wait,
    WaitForEnd,
    ad_hoc,
    overheard,
)
from app.rehearsal.phone import Phone
from app.rehearsal.phone_sound import RATE, rms
from app.rehearsal.prepared import Prepared, code_in, prepare, read_wav
from app.rehearsal.speech import load_voice
from tests.rehearsal.phone_app import PhoneApp, Stream, dialling, served, tone


def _prepared(*steps: object) -> Prepared:
    caller = Caller("someone", "is in a test", steps)  # type: ignore[arg-type]
    return prepare(caller, load_voice("tones"))


@pytest.mark.parametrize("name", sorted(CALLERS))
def test_everything_a_caller_says_is_sound_before_the_call(name: str) -> None:
    prepared = prepare(CALLERS[name], load_voice("tones"))
    spoken = [step for step in CALLERS[name].steps if isinstance(step, Say | Interrupt | Mumble)]
    assert set(prepared.sounds) == set(spoken)
    assert all(rms(sound) > 1_000 for sound in prepared.sounds.values())


def test_the_callers_of_the_house_are_there() -> None:
    by_voice = {"order", "spanish", "french", "interrupter", "mumbler", "silent", "angry", "cutoff"}
    assert set(CALLERS) == {*by_voice, "voicemail", "callback"}


def test_a_caller_of_the_command_line_takes_turns() -> None:
    steps = ad_hoc(say=("one", "two"), keys="1#").steps
    assert steps == (Wait(), Say("one"), Wait(), Say("two"), Wait(), Press("1#"), Wait(10), Silence(0.5), HangUp())


def test_a_caller_of_the_command_line_wants_every_turn_answered(tmp_path: Path) -> None:
    caller = ad_hoc(say=("one", "two"), wav=(tmp_path / "a.wav",), keys="1#", echo_db=20.0, language="es")
    assert (caller.expects.answers, caller.expects.tools_ok) == (4, True)
    assert (caller.echo_db, caller.language) == (20.0, "es")


def test_a_caller_of_the_command_line_can_cut_in() -> None:
    steps = ad_hoc(say=("one", "two"), interrupt_after_ms=700).steps
    assert steps == (Wait(), Say("one"), Interrupt("two", 700), Wait(), Silence(0.5), HangUp())


def test_a_caller_with_nothing_to_say_listens_and_hangs_up() -> None:
    assert ad_hoc().steps == (Wait(), HangUp())


def test_another_line_changes_only_what_is_asked() -> None:
    caller = overheard(CALLERS["mumbler"], None, 25.0)
    assert (caller.noise_db, caller.echo_db) == (20, 25.0)
    assert overheard(caller, 12.0, None).noise_db == 12.0
    assert overheard(caller, None, None, 6.0).typing_db == 6.0


def _write_wav(path: Path, rate: int, channels: int, width: int = 2) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        file.writeframes(np.full(rate * channels, 5_000, np.int16).tobytes()[: rate * channels * width])
    return path


def test_a_file_is_brought_to_the_telephones_rate(tmp_path: Path) -> None:
    assert len(read_wav(_write_wav(tmp_path / "a.wav", 16_000, 2))) == RATE


def test_a_file_that_is_no_16_bit_wav_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"b\.wav.*16 are needed"):
        read_wav(_write_wav(tmp_path / "b.wav", 8_000, 1, width=1))
    (tmp_path / "c.wav").write_text("no sound")
    with pytest.raises(ValueError, match=r"c\.wav.*not a PCM WAV"):
        read_wav(tmp_path / "c.wav")


async def _greet_and_answer(stream: Stream) -> None:
    await stream.play(tone(300))
    await stream.loud()
    for _ in range(40):
        await stream.until("media")
    await stream.play(tone(300))
    await stream.mark("g2:1")
    await stream.until("mark")


async def test_a_caller_speaks_once_the_greeting_is_over_and_the_answer_is_timed() -> None:
    prepared = _prepared(Wait(finished_ms=300), Say("Hi."), WaitForEnd(3))
    app = PhoneApp([_greet_and_answer])
    async with served(app) as url:
        phone = Phone(dialling(url))
        await phone.call(prepared.act)
    said = next(happening for happening in phone.notes.happenings if happening.what == "caller")
    assert 0.55 < said.at_s < 1.2
    assert phone.ended_by == "app"
    figures = phone.listening.ended()
    assert figures.barge_ins_ms == []
    assert len(figures.turn_gaps_ms) == 1


async def test_after_keys_the_answer_is_waited_for() -> None:
    async def answer_late(stream: Stream) -> None:
        await stream.play(tone(300))
        await stream.until("dtmf")
        for _ in range(60):
            await stream.until("media")
        await stream.play(tone(300))
        await stream.until("stop")

    prepared = _prepared(Wait(finished_ms=300), Press("1"), Wait(finished_ms=300), HangUp())
    async with served(PhoneApp([answer_late])) as url:
        phone = Phone(dialling(url))
        await phone.call(prepared.act)
    assert phone.ended_by == "caller"
    assert phone.listening.ended().answers == 1


async def test_an_interrupter_speaks_into_the_assistant() -> None:
    async def talk(stream: Stream) -> None:
        await stream.play(tone(5_000))
        await stream.loud()
        await stream.send("clear")
        await stream.until("stop")

    prepared = _prepared(Interrupt("No!", after_ms=300), Silence(0.3), HangUp())
    app = PhoneApp([talk])
    async with served(app) as url:
        phone = Phone(dialling(url))
        await phone.call(prepared.act)
    assert phone.ended_by == "caller"
    (silent_ms,) = phone.listening.ended().barge_ins_ms
    assert silent_ms is not None and silent_ms < 600


async def test_a_caller_can_hang_up_in_the_middle_of_a_sentence(tmp_path: Path) -> None:
    async def listen(stream: Stream) -> None:
        await stream.until("nothing")

    path = _write_wav(tmp_path / "long.wav", 8_000, 1)
    prepared = _prepared(PlayFile(path), Say("A sentence that is quite long, it goes on.", cut_after_ms=200), HangUp())
    app = PhoneApp([listen])
    async with served(app) as url:
        phone = Phone(dialling(url))
        await phone.call(prepared.act)
    assert phone.ended_by == "caller"
    assert 1.1 < phone.duration_s < 1.8


async def test_a_caller_texts_what_is_to_be_read() -> None:
    async def listen(stream: Stream) -> None:
        await stream.until("stop")

    app = PhoneApp([listen], documents={"/sms/incoming": ["<Response/>"]})
    async with served(app) as url:
        phone = Phone(dialling(url))
        await phone.call(_prepared(Silence(0.3), Text("My order is 1047"), HangUp()).act)
    assert [form["Body"] for form in app.asked("/sms/incoming")] == ["My order is 1047"]


async def test_a_code_that_comes_by_text_is_keyed_in() -> None:
    keys: list[str] = []

    async def expect_code(stream: Stream) -> None:
        phone.texting.arrived("Your code is 402917. It is good for 5 minutes.")
        for _ in range(6):
            pressed = (await stream.until("dtmf"))["dtmf"]
            assert isinstance(pressed, dict)
            keys.append(pressed["digit"])

    async with served(PhoneApp([expect_code])) as url:
        phone = Phone(dialling(url))
        await phone.call(_prepared(EnterCode(), WaitForEnd(3)).act)
    assert "".join(keys) == "402917"


async def test_a_code_can_be_said_digit_by_digit() -> None:
    async def listen(stream: Stream) -> None:
        phone.texting.arrived("4172")
        await stream.until("stop")

    async with served(PhoneApp([listen])) as url:
        phone = Phone(dialling(url))
        await phone.call(_prepared(EnterCode(spoken=True), HangUp()).act)
    said = [happening.detail for happening in phone.notes.happenings if happening.what in ("caller", "interrupted")]
    assert said == ["4", "1", "7", "2"]


async def test_a_code_that_never_comes_is_not_waited_for_long() -> None:
    async def listen(stream: Stream) -> None:
        await stream.until("stop")

    async with served(PhoneApp([listen])) as url:
        phone = Phone(dialling(url))
        await phone.call(_prepared(EnterCode(at_most_s=0.2), HangUp()).act)
    assert phone.duration_s < 1.5


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ([], ""),
        (["Your parcel is on its way."], ""),
        (["Your code is 123456."], "123456"),
        (["Your code is 111111.", "Your code is 222222. Good for 5 minutes."], "222222"),
        (["Your code is 123456.", "Thank you! Call +12025550143."], "123456"),
    ],
)
def test_the_newest_code_is_taken(texts: list[str], code: str) -> None:
    assert code_in(texts) == code


def test_a_menu_is_answered_into_the_greeting_and_pictures_come_after_the_first_sentence(tmp_path: Path) -> None:
    caller = ad_hoc(say=("Hello.", "Bye."), menu="2", photos=(tmp_path / "a.jpg",), texts=("1047",), keys="9")
    kinds = [type(step).__name__ for step in caller.steps]
    first = ["Silence", "Press", "Wait", "Say", "Wait", "SendPhoto", "Wait", "Text", "Wait", "Say", "Wait"]
    assert kinds[: len(first)] == first
    assert kinds[len(first) :] == ["Press", "Wait", "Silence", "HangUp"]
    assert caller.expects.answers == 6
