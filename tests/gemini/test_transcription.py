"""A recording in words: what is sent to the session, what is taken from it, and when it is over."""

from typing import Any

import pytest
from google import genai

from app.audio.pcm import PHONE_RATE, silence
from app.gemini import transcription
from app.gemini.setup import SetupWish
from app.gemini.transcription import NotTranscribed, transcribe

from .conftest import Live, Peer

SOUND = silence(400, PHONE_RATE)
WISH = SetupWish(instruction="You sell shoes.", languages=("en-US", "es-US"))


def heard(text: str) -> dict[str, Any]:
    return {"serverContent": {"inputTranscription": {"text": text}}}


DONE = {"serverContent": {"turnComplete": True}}


async def words(client: genai.Client) -> str:
    return await transcribe(client, WISH, SOUND, backend="developer", pace=20.0)


async def test_all_of_the_sound_is_heard_and_its_words_are_kept(client: genai.Client, live: Live) -> None:
    setups: list[dict[str, Any]] = []

    async def play(peer: Peer) -> None:
        await peer.accept()
        setups.append(peer.setup)
        while "audioStreamEnd" not in str(await peer.hear()):
            pass
        await peer.say(heard("Please call "), heard("me back."), DONE)
        await peer.hear_all()

    live.plays = [play]
    assert await words(client) == "Please call me back."
    assert "answering machine" in str(setups)
    assert "shoes" not in str(setups)


async def test_words_that_come_while_it_is_still_heard_count(client: genai.Client, live: Live) -> None:
    async def play(peer: Peer) -> None:
        await peer.accept()
        await peer.hear()
        await peer.say(heard("Hello. "), DONE, heard("It is me."), DONE)
        await peer.hear_all()

    live.plays = [play]
    assert await words(client) == "Hello. It is me."


async def test_a_session_that_is_lost_is_no_transcript(client: genai.Client, live: Live) -> None:
    async def play(peer: Peer) -> None:
        await peer.accept()
        await peer.say(heard("Hello. "))
        await peer.close(1011, "busy")

    live.plays = [play]
    with pytest.raises(NotTranscribed, match="1011 busy"):
        await words(client)


async def test_a_session_that_never_answers_is_not_waited_for(
    client: genai.Client, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play(peer: Peer) -> None:
        await peer.hear_all()

    live.plays = [play]
    monkeypatch.setattr(transcription, "OPEN_WITHIN_S", 0.1)
    monkeypatch.setattr(transcription, "WORDS_WITHIN_S", 0.1)
    with pytest.raises(NotTranscribed, match="in time"):
        await words(client)
