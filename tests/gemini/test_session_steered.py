"""What a Live session is told besides sound: its language, the greeting that was said, pictures, notes."""

import asyncio
from typing import Any

from google import genai

from app.call import events
from app.call.image import Image
from app.gemini.setup import GREETED, STORY_HEAD, SetupWish
from app.gemini.spoken_language import warm_up

from .conftest import Heard, Live, Peer
from .playing import BOTH, FRAME, SPANISH, hearing, running, stay, told_at_setup


async def test_notes_and_scheduling_go_only_to_models_that_take_them(
    client: genai.Client, live: Live, heard: Heard
) -> None:
    sent: list[Any] = []
    live.plays = [hearing(sent)]
    async with running(client, heard, SetupWish(model="gemini-3.1-flash-live-preview")) as model:
        model.open("")
        await heard.until(events.SessionOpened)
        model.tell_heard("The caller heard: It is")
        model.answer_tool("7", "find_order", {"status": "ok"}, "WHEN_IDLE")
        await heard.until(events.TurnCompleted)
    answer = {"id": "7", "name": "find_order", "response": {"status": "ok"}}
    assert sent == [{"tool_response": {"functionResponses": [answer]}}]


async def test_a_steered_call_sets_its_next_session_up_for_the_language(
    client: genai.Client, live: Live, heard: Heard
) -> None:
    live.plays = [stay]
    async with running(client, heard, BOTH) as model:
        model.open("Hello.")
        await heard.until(events.SessionOpened)
        model.steer("es-US", live=False)
        model.renew("h", "", 0.0)
        await heard.until(events.SessionOpened, 2)
    first, second = live.peers
    assert first.setup["inputAudioTranscription"] == {"language_codes": ["en-US", "es-US"]}
    assert second.setup["inputAudioTranscription"] == {"language_codes": ["es-US", "en-US"]}
    assert told_at_setup(second) == SPANISH


async def test_a_line_words_its_wish_for_each_language_itself(client: genai.Client, live: Live, heard: Heard) -> None:
    live.plays = [stay]
    async with running(client, heard, wishes=lambda language: SetupWish(instruction=f"Habla {language}.")) as model:
        model.steer("es-US", live=False)
        model.open("")
        await heard.until(events.SessionOpened)
    assert told_at_setup(live.peers[0]) == "Habla es-US."


async def test_an_open_session_is_told_where_its_model_takes_that(
    client: genai.Client, live: Live, heard: Heard, raw: bool
) -> None:
    sent: list[Any] = []
    live.plays = [hearing(sent)]
    async with running(client, heard, BOTH, raw=raw, context_updates=True) as model:
        model.renew(None, "caller: hola", 0.0)
        await heard.until(events.SessionOpened)
        model.steer("es-US", live=True)
        await heard.until(events.TurnCompleted)
    text = f"{SPANISH}\n\n{STORY_HEAD}\ncaller: hola"
    assert sent == [{"contextUpdate": {"systemInstruction": {"parts": [{"text": text}], "role": "user"}}}]


async def test_an_open_session_is_not_told_where_that_is_unproven(
    client: genai.Client, live: Live, heard: Heard
) -> None:
    sent: list[Any] = []
    live.plays = [hearing(sent)]
    async with running(client, heard, BOTH) as model:
        model.open("")
        await heard.until(events.SessionOpened)
        model.steer("es-US", live=True)
        model.say("Go on.")
        await heard.until(events.TurnCompleted)
    assert sent == [{"realtime_input": {"text": "Go on."}}]


async def test_a_session_that_was_being_set_up_is_told_once_it_is_open(
    client: genai.Client, live: Live, heard: Heard
) -> None:
    asked, steered = asyncio.Event(), asyncio.Event()
    sent: list[Any] = []

    async def slow(peer: Peer) -> None:
        peer.setup = (await peer.hear())["setup"]
        asked.set()
        await steered.wait()
        await peer.say({"setupComplete": {}})
        sent.extend([await peer.hear(), await peer.hear()])
        await peer.say({"serverContent": {"turnComplete": True}})

    live.plays = [slow]
    async with running(client, heard, BOTH, context_updates=True) as model:
        model.open("Hello.")
        await asked.wait()
        model.steer("es-US", live=True)
        steered.set()
        await heard.until(events.TurnCompleted)
    assert [list(frame) for frame in sent] == [["client_content"], ["contextUpdate"]]


async def test_a_greeting_that_was_said_is_told_and_not_asked_for(
    client: genai.Client, live: Live, heard: Heard
) -> None:
    sent: list[Any] = []
    live.plays = [hearing(sent), stay]
    async with running(client, heard, SetupWish(instruction="Be brief.")) as model:
        model.open("Good day.", said=True)
        await heard.until(events.SessionOpened)
        model.listen(FRAME)
        await heard.until(events.TurnCompleted)
        model.renew("h", "", 0.0)
        await heard.until(events.SessionOpened, 2)
    told = "Be brief.\n\n" + GREETED.format(greeting="Good day.")
    assert [told_at_setup(peer) for peer in live.peers] == [told, told]
    assert [list(frame["realtime_input"]) for frame in sent] == [["audio"]]


async def test_a_picture_is_shown_before_the_words_about_it_and_a_second_one_a_second_later(
    client: genai.Client, live: Live, heard: Heard, raw: bool
) -> None:
    sent: list[str] = []

    async def looking(peer: Peer) -> None:
        await peer.accept()
        while sent[-1:] != ["text"]:
            sent.append(next(iter((await peer.hear())["realtime_input"])))
            if sent.count("audio") == 1 and sent[-1] == "audio":
                await peer.say({"serverContent": {"generationComplete": True}})
        await peer.say({"serverContent": {"turnComplete": True}})

    now = [100.0]
    picture = Image(b"\xff\xd8\xff", 1, 1)
    live.plays = [looking]
    async with running(client, heard, raw=raw, clock=lambda: now[0]) as model:
        model.open("")
        await heard.until(events.SessionOpened)
        model.show(picture)
        model.show(picture)
        model.say("What is wrong with this part?")
        model.listen(FRAME)
        await heard.until(events.GenerationCompleted)
        now[0] += 1.0
        model.listen(FRAME)
        await heard.until(events.TurnCompleted)
    assert sent[:3] == ["video", "audio", "video"]
    assert sent[-1] == "text"


async def test_a_picture_that_came_too_early_waits_for_the_session(
    client: genai.Client, live: Live, heard: Heard
) -> None:
    sent: list[Any] = []
    live.plays = [hearing(sent)]
    async with running(client, heard) as model:
        model.show(Image(b"\xff\xd8\xff", 1, 1))
        model.open("")
        await heard.until(events.TurnCompleted)
    assert sent == [{"realtime_input": {"video": {"data": "/9j/", "mime_type": "image/jpeg"}}}]


async def test_the_language_of_each_turn_is_told_once(client: genai.Client, live: Live, heard: Heard) -> None:
    await warm_up()

    async def talking(peer: Peer) -> None:
        await peer.accept()
        for text in (" quisiera saber", " dónde está mi pedido"):
            await peer.say({"serverContent": {"inputTranscription": {"text": text}}})
        await peer.say({"serverContent": {"outputTranscription": {"text": "Your order is on its way to you."}}})
        await peer.say({"serverContent": {"generationComplete": True}}, {"serverContent": {"turnComplete": True}})
        await peer.say({"serverContent": {"turnComplete": True}})
        await peer.hear_all()

    live.plays = [talking]
    async with running(client, heard, BOTH) as model:
        model.open("")
        await heard.until(events.TurnCompleted, 2)
    assert heard.of(events.LanguageDetected) == [
        events.LanguageDetected("caller", "es-US"),
        events.LanguageDetected("assistant", "en-US"),
    ]
