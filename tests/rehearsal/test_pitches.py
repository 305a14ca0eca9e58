"""Numbers in pitches: said, sent over a telephone, and heard again."""

import numpy as np
import pytest

from app.audio.speech import SpeechDetector, Started
from app.rehearsal.phone_sound import FRAME, Samples, at_phone_rate, decode, encode, spoken
from app.rehearsal.pitches import PitchedEars, heard_pitches
from app.rehearsal.speech import load_voice, to_16k
from app.rehearsal.voice import RATE


def over_the_phone(sentence: str) -> Samples:
    """The sentence as a line carries it, with silence around it."""
    pcm = b"".join(load_voice("pitched").speak(sentence))
    said = spoken(at_phone_rate(np.frombuffer(pcm, np.int16), RATE))
    whole = np.concatenate((np.zeros(20 * FRAME, np.int16), said, np.zeros(40 * FRAME, np.int16)))
    return decode(encode(whole[: len(whole) // FRAME * FRAME]))


@pytest.mark.parametrize("number", ["1000", "1111", "2345", "6789", "9090", "1999"])
def test_a_number_is_heard_as_it_was_said(number: str) -> None:
    sound = to_16k(over_the_phone(f"How is trail number {number} today?").tobytes(), 8_000)
    assert PitchedEars("trail {}", "bye").hear(sound).text == f"trail {number}"


def test_a_sentence_without_a_number_is_the_other_one() -> None:
    sound = to_16k(over_the_phone("No thanks.").tobytes(), 8_000)
    assert PitchedEars("trail {}", "bye").hear(sound).text == "bye"


def test_nothing_is_heard_in_silence() -> None:
    assert PitchedEars().hear(bytes(32_000)).text == ""
    assert heard_pitches(b"") == []


def test_the_house_takes_it_for_speech() -> None:
    detector, sound = SpeechDetector(), over_the_phone("How is trail number 1047 today?")
    verdicts = [detector.hear(sound[at : at + FRAME].tobytes()) for at in range(0, len(sound), FRAME)]
    assert any(isinstance(verdict, Started) for verdict in verdicts)
