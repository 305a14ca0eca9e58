"""Greetings said by a session: what is taken, and what is sent back."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from google import genai

from app.audio.pcm import Audio
from app.call.events import AssistantAudio, GenerationCompleted, Transcribed
from app.gemini.greetings import KEPT_MS, LONGEST_S, GreetingNotMade, alikeness, record_greeting, trimmed
from app.gemini.greetings import _Take as Take
from app.gemini.setup import SetupWish
from app.toolkit.spec import ToolSpec

from .conftest import Live, Peer

TEXT = "Hello, you have reached Northwind. I am an AI assistant. How can I help?"
WISH = SetupWish(
    voice="Puck",
    instruction="You sell shoes.",
    languages=("en-US", "es-US"),
    tools=(ToolSpec("find_order", "Finds an order.", {"type": "object", "properties": {}}),),
    google_search=True,
)


def tone(ms: int, level: int = 8_000) -> bytes:
    return bytes((np.sin(np.arange(ms * 24) * 0.2) * level).astype("<i2").tobytes())


def quiet(ms: int) -> bytes:
    return bytes(ms * 48)


def sound(pcm: bytes) -> dict[str, Any]:
    blob = {"mimeType": "audio/pcm;rate=24000", "data": b64encode(pcm).decode()}
    return {"serverContent": {"modelTurn": {"parts": [{"inlineData": blob}]}}}


def words(text: str) -> dict[str, Any]:
    return {"serverContent": {"outputTranscription": {"text": text}}}


DONE = {"serverContent": {"turnComplete": True}}


class Mouth:
    """Says one list of messages a session, the last one for all that follow, and keeps what it was asked."""

    def __init__(self, *takes: Sequence[object]) -> None:
        self.takes = list(takes)
        self.asked: list[Any] = []

    async def __call__(self, peer: Peer) -> None:
        await peer.accept()
        self.asked.append(await peer.hear())
        await peer.say(*self.takes[min(len(self.asked), len(self.takes)) - 1])
        await peer.hear_all()


GOOD = [sound(quiet(300) + tone(700)), words(TEXT[:30]), words(TEXT[30:]), sound(tone(500) + quiet(900)), DONE]


async def recorded(client: genai.Client, language: str = "en-US", text: str = TEXT, **more: Any) -> Audio:
    return await record_greeting(client, WISH, text, language, backend="developer", **more)


async def test_a_greeting_is_said_exactly_and_comes_without_the_silence_around_it(
    client: genai.Client, live: Live
) -> None:
    live.plays = [mouth := Mouth(GOOD)]
    greeting = await recorded(client)
    assert greeting.rate == 24_000
    assert greeting.ms == pytest.approx(1200 + 2 * KEPT_MS, abs=20)
    assert f'Say exactly: "{TEXT}"' in str(mouth.asked)


async def test_the_session_has_the_line_s_voice_and_nothing_to_say_besides(client: genai.Client, live: Live) -> None:
    live.plays = [Mouth(GOOD)]
    await recorded(client)
    setup = live.peers[0].setup
    assert setup["generationConfig"]["speechConfig"]["voice_config"]["prebuilt_voice_config"] == {"voice_name": "Puck"}
    assert "tools" not in setup
    assert "shoes" not in str(setup)
    assert "RESPOND IN ENGLISH" in str(setup["systemInstruction"])


async def test_a_bad_take_is_followed_by_one_more(client: genai.Client, live: Live) -> None:
    live.plays = [Mouth([sound(tone(900)), words("Hi there! What can I do for you today?"), DONE], GOOD)]
    assert (await recorded(client)).ms > 1_000
    assert len(live.peers) == 2


@pytest.mark.parametrize(
    ("take", "reason"),
    [
        ([sound(tone(900)), words("Hi there! What can I do for you?"), DONE], "it said something else"),
        ([sound(tone(900)), DONE], "it said something else (0% alike)"),
        (
            [sound(tone(900)), words(TEXT.replace("an AI assistant", "your assistant")), DONE],
            "it did not say that an AI speaks",
        ),
        ([sound(quiet(900)), words(TEXT), DONE], "there is no sound in it"),
        ([words(TEXT), DONE], "there is no sound in it"),
        ([sound(tone(10_000))] * 4, "it is longer than 30 s"),
    ],
)
async def test_what_could_not_be_played_to_a_caller_is_not_made(
    client: genai.Client, live: Live, take: list[object], reason: str
) -> None:
    live.plays = [Mouth(take)]
    with pytest.raises(GreetingNotMade) as raised:
        await recorded(client)
    assert str(raised.value).startswith(reason)
    assert len(live.peers) == 2


async def test_a_session_that_is_lost_makes_none(client: genai.Client, live: Live) -> None:
    async def closing(peer: Peer) -> None:
        await peer.accept()
        await peer.close(1011, "Internal error encountered.")

    live.plays = [closing]
    with pytest.raises(GreetingNotMade, match=r"lost with 1011 Internal error encountered\."):
        await recorded(client)


async def test_a_session_that_never_ends_its_turn_is_waited_for_no_longer_than_agreed(
    client: genai.Client, live: Live
) -> None:
    live.plays = [Mouth([sound(tone(100))])]
    with pytest.raises(GreetingNotMade, match=r"not said within 0\.3 s"):
        await recorded(client, within_s=0.3)


async def test_other_alphabets_are_compared_too(client: genai.Client, live: Live) -> None:
    text = "こんにちは、ノースウィンドのAIアシスタントです。ご用件をどうぞ。"
    live.plays = [Mouth([sound(tone(900)), words(text.replace("。", "")), DONE])]
    assert (await recorded(client, "ja-JP", text)).ms == 900


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("hello you have reached northwind", "Hello! You have reached Northwind."),
        ("We are open from 9 to 5.", "We are open from nine to five."),
        ("We are open twenty four hours", "We are open 24 hours"),
        ("It's Müller's shop", "Its Müller’s shop"),
        ("営業時間は九時からです。", "営業時間は9時からです"),
        ("नमस्ते, मैं एआई सहायक हूँ", "नमस्ते! मैं एआई सहायक हूँ।"),
        ("Hello, you have reached North wind.", "Hello, you have reached Northwind."),
    ],
)
def test_what_sounds_the_same_is_alike(said: str, text: str) -> None:
    assert alikeness(said, text) >= 0.95


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("", "Hello."),
        ("1 2 3 4 5 6", "Hello, how can I help you today?"),
        ("Of course! Hello, you have reached Northwind.", "Hello, you have reached Northwind."),
        ("Hello, you have reached", "Hello, you have reached Northwind."),
        ("Hola, ha llamado a Northwind.", "Hello, you have reached Northwind."),
        ("いらっしゃいませ", "営業時間は9時からです"),
    ],
)
def test_what_does_not_sound_the_same_is_not(said: str, text: str) -> None:
    assert alikeness(said, text) < 0.9


def test_silence_is_trimmed_on_both_ends_only() -> None:
    pcm = quiet(500) + tone(100) + quiet(400) + tone(100) + quiet(500)
    assert len(trimmed(pcm)) == pytest.approx(48 * (600 + 2 * KEPT_MS), abs=48 * 20)
    assert trimmed(tone(100)) == tone(100)
    assert trimmed(quiet(500)) == b""
    assert trimmed(tone(500, level=50)) == b""
    assert trimmed(b"") == b""


def test_a_greeting_without_end_is_not_listened_to_for_ever() -> None:
    take = Take("Hello there.")
    for _ in range(int(LONGEST_S) + 1):
        assert not take.over.is_set()
        take.feed(AssistantAudio(Audio(tone(1_000), 24_000)))
    assert take.over.is_set()


def test_what_was_generated_whole_is_not_waited_for_until_a_caller_would_have_heard_it() -> None:
    take = Take("Hello there.")
    take.feed(AssistantAudio(Audio(tone(900), 24_000)))
    take.feed(Transcribed("assistant", "Hello "))
    take.feed(GenerationCompleted())
    assert not take.over.is_set()
    take.feed(Transcribed("assistant", "there."))
    assert take.over.is_set()
