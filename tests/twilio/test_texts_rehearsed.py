"""Texts and pictures all the way from a rehearsed telephone to the call, and the app's own texts back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2
from starlette.applications import Starlette
from starlette.routing import Router

from app.call.image import Image
from app.rehearsal.phone_asked import Asked
from app.rehearsal.phone_notes import Notes
from app.rehearsal.phone_texting import Texting
from app.rehearsal.phone_webhooks import Place, Webhooks
from app.rehearsal.twilio_rest import TwilioRest
from app.twilio.photos import Photos
from app.twilio.rest import CallControl, TwilioTexts
from app.twilio.signature import Signatures
from app.twilio.texts import TextDesk, TextIn, Words
from app.twilio.tokens import StreamTokens
from app.twilio.webhooks import SMS_PATH, routes
from tests.twilio.pictures import RED, located, near, opened, picture
from tests.twilio.test_webhooks import Desk as VoiceDesk

PUBLIC, TOKEN = "https://phone.example", "a-token"
ACCOUNT, CALLER, OURS = "AC" + "0" * 32, "+12025550143", "+12025550199"


@dataclass
class Desk(VoiceDesk):
    """Decides about texts as the house does."""

    handed: list[tuple[str, str, tuple[Image, ...]]] = field(default_factory=list)
    texts: TextDesk | None = None

    async def text(self, text: TextIn) -> str | None:
        assert self.texts is not None
        return await self.texts.text(text)

    def deliver(self, call_sid: str, body: str, images: tuple[Image, ...]) -> None:
        self.handed.append((call_sid, body, images))


@dataclass
class World:
    desk: Desk
    rest: TwilioRest
    notes: Notes
    texting: Texting
    webhooks: Webhooks

    async def text(self, body: str, *pictures: tuple[bytes, str]) -> None:
        await self.texting.send(self.webhooks, PUBLIC + SMS_PATH, body, pictures)


@dataclass
class Call:
    """A call that goes on, as far as the REST API sees it."""

    texting: Texting
    asked: Asked = field(default_factory=Asked)
    call_sid: str = "CA" + "1" * 32
    over: bool = False

    def complete(self) -> None:
        self.over = True

    def redirect(self, twiml: str, url: str = "") -> None:
        raise AssertionError((twiml, url))


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    notes, rest, desk = Notes(lambda: 0.0), TwilioRest(ACCOUNT, TOKEN), Desk()
    call = Call(Texting(ACCOUNT, CALLER, OURS, notes))
    rest.attach(call)
    app = Starlette()
    router = Router(routes(desk, Signatures([TOKEN], PUBLIC), StreamTokens([TOKEN]), PUBLIC), redirect_slashes=False)
    app.mount("", router)
    transport = httpx2.ASGITransport(app)
    async with rest.serving() as url, httpx2.AsyncClient(transport=transport) as client:
        photos = Photos(ACCOUNT, TOKEN, base_url=url)
        desk.texts = TextDesk(
            lambda number: [(call.call_sid, OURS)] if number == CALLER and not call.over else [], desk.deliver, photos
        )
        webhooks = Webhooks(client, Place("http://127.0.0.1", PUBLIC), TOKEN, notes)
        yield World(desk, rest, notes, call.texting, webhooks)
        await photos.close()


async def test_a_photo_of_the_caller_reaches_the_call_without_where_it_was_taken() -> None:
    async with world() as at:
        await at.text("what is wrong with this part?", (picture("PNG", (3_000, 2_000)), "image/png"))
        await at.text("", (located(), "image/jpeg"))
    (_, body, (part,)), (_, nothing, (door,)) = at.desk.handed
    assert (body, nothing) == ("what is wrong with this part?", "")
    assert (part.width, part.height) == (1024, 683)
    assert near(opened(part.jpeg).getpixel((500, 300)), RED)
    assert not opened(door.jpeg).getexif()
    assert (at.texting.received, at.notes.violations) == ([], [])


async def test_a_picture_that_cannot_be_opened_is_answered() -> None:
    async with world() as at:
        await at.text("look", (picture("GIF"), "image/gif"), (b"<html>", "image/jpeg"), (picture(), "image/jpeg"))
    assert [(body, len(images)) for _, body, images in at.desk.handed] == [("look", 1)]
    assert at.texting.received == [Words().unreadable]
    assert at.notes.violations == []


async def test_the_app_texts_the_caller() -> None:
    async with world() as at:
        control = CallControl(ACCOUNT, TOKEN, base_url=at.rest.url)
        await TwilioTexts(control, OURS).send(CALLER, "Your code is 4711.")
        control.close()
    assert at.texting.received == ["Your code is 4711."]
    assert [(text.to, text.from_) for text in at.rest.texts] == [(CALLER, OURS)]
