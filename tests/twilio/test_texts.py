"""Texts brought to the call they are for."""

import asyncio
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from app.call.image import Image
from app.twilio import texts
from app.twilio.photos import MediaRef, PhotoNotTaken, Problem
from app.twilio.texts import HELD_S, TOLD_EVERY_S, TWILIOS_OWN, TextDesk, TextIn, Words

CALLER, OURS, OTHER = "+15550001", "+12025551234", "+442071835678"
SHOP, CLINIC = ("CA1", OURS), ("CA2", OTHER)
WORDS = Words()
PICTURE = Image(b"jpeg", 640, 480)


@dataclass
class House:
    """Calls going on, and what was handed to them; pictures by address, ``slow`` ones when told."""

    calls: list[tuple[str, str]] = field(default_factory=lambda: [SHOP])
    handed: list[tuple[str, str, int]] = field(default_factory=list)
    problems: dict[str, Problem] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)
    hold: asyncio.Event | None = None
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    now: float = 1_000.0

    def __post_init__(self) -> None:
        self.desk = TextDesk(self.calls_of, self.deliver, self, wall=lambda: self.now)

    def calls_of(self, number: str) -> list[tuple[str, str]]:
        return list(self.calls) if number == CALLER else []

    def deliver(self, call_sid: str, body: str, images: tuple[Image, ...]) -> None:
        self.handed.append((call_sid, body, len(images)))

    async def fetch(self, ref: MediaRef) -> Image:
        self.fetched.append(ref.url)
        self.asked.set()
        if self.hold is not None:
            await self.hold.wait()
        if ref.url in self.problems:
            raise PhotoNotTaken(self.problems[ref.url], "why")
        return PICTURE

    async def text(self, body: str, *urls: str, from_: str = CALLER, to: str = OURS) -> str | None:
        media = tuple(MediaRef(url, "image/jpeg") for url in urls)
        return await self.desk.text(TextIn("SM1", from_, to, body, media))


async def test_a_text_goes_into_the_senders_call() -> None:
    house = House()
    assert await house.text(" my order is 1047\n") is None
    assert house.handed == [("CA1", "my order is 1047", 0)]


async def test_pictures_go_with_their_words() -> None:
    house = House()
    assert await house.text("this part", "a", "b") is None
    assert await house.text("", "c") is None
    assert house.handed == [("CA1", "this part", 2), ("CA1", "", 1)]


async def test_an_empty_text_is_nothing() -> None:
    house = House()
    assert await house.text("  ") is None
    assert house.handed == []


# ---- no call


async def test_without_a_call_the_sender_is_told_once_an_hour() -> None:
    house = House(calls=[])
    assert await house.text("hello?") == WORDS.no_call
    assert await house.text("hello??") is None
    assert await house.text("hello", from_="+15550002") == WORDS.no_call
    house.now += TOLD_EVERY_S
    assert await house.text("hello???") == WORDS.no_call
    assert house.handed == []


@pytest.mark.parametrize("word", [*sorted(TWILIOS_OWN), " stop "])
async def test_words_that_twilio_answers_are_left_to_it(word: str) -> None:
    for house in (House(), House(calls=[])):
        assert await house.text(word) is None
        assert house.handed == []


@pytest.mark.parametrize("sender", ["12345", "anonymous", "ACME", "", "+1", "whatsapp:+15550001"])
async def test_machines_are_not_answered(sender: str) -> None:
    house = House()
    assert await house.text("You have won", from_=sender) is None
    assert house.handed == []


async def test_words_and_numbers_are_not_logged() -> None:
    with capture_logs() as logs:
        for house in (House(), House(calls=[]), House(calls=[SHOP, ("CA2", OURS)])):
            await house.text("my secret word", "a")
    assert len(logs) == 3
    assert not any("secret" in str(line) or CALLER in str(line) for line in logs)


# ---- several calls


async def test_with_several_calls_the_sender_is_asked_and_the_text_waits_for_the_answer() -> None:
    house = House(calls=[SHOP, CLINIC])
    asked = await house.text("order 1047", "a", to="+15559999")
    assert asked == (
        "You have 2 calls with us. Which is this for, the oldest first? "
        "Reply 1 for the call to +1 …1234, 2 for the call to +44 …5678."
    )
    assert (house.handed, house.fetched) == ([], [])
    assert await house.text(" 2. ", to="+15559999") is None
    assert house.handed == [("CA2", "order 1047", 1)]
    assert await house.text("and 1048", to="+15559999") is not None  # the next one is asked for again


async def test_a_call_to_the_number_texted_is_the_one_meant() -> None:
    house = House(calls=[SHOP, CLINIC])
    assert await house.text("for the clinic", to=OTHER) is None
    assert house.handed == [("CA2", "for the clinic", 0)]


async def test_two_calls_to_one_number_are_told_apart_by_their_age() -> None:
    house = House(calls=[SHOP, ("CA2", OURS)])
    assert "1 for the call to +1 …1234, 2 for the call to +1 …1234" in str(await house.text("order 1047"))
    assert await house.text("1") is None
    assert house.handed == [("CA1", "order 1047", 0)]


async def test_texts_that_wait_go_together_and_in_order() -> None:
    house = House(calls=[SHOP, ("CA2", OURS)])
    for body in ("one", "two", "7"):
        assert await house.text(body) is not None
    await house.text("2")
    assert house.handed == [("CA2", "one", 0), ("CA2", "two", 0), ("CA2", "7", 0)]


async def test_a_text_waits_two_minutes() -> None:
    house = House(calls=[SHOP, ("CA2", OURS)])
    await house.text("order 1047")
    house.now += HELD_S + 1
    assert await house.text("1") is not None
    assert await house.text("1") is None
    assert house.handed == [("CA1", "1", 0)]


async def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "MOST_ASKED", 2)
    house = House(calls=[SHOP, ("CA2", OURS)])
    replies = [await house.text(f"text {number}") for number in range(7)]
    assert [reply is not None for reply in replies] == [True] * texts.MOST_HELD + [False] * 2
    await house.text("1")
    assert len(house.handed) == texts.MOST_HELD


async def test_a_call_that_is_over_by_then_is_told_of() -> None:
    house = House(calls=[SHOP, ("CA2", OURS)])
    await house.text("order 1047")
    house.calls = [("CA2", OURS)]
    assert await house.text("1") == WORDS.over
    assert house.handed == []


# ---- pictures


@pytest.mark.parametrize("problem", ["unreadable", "too_large", "not_fetched"])
async def test_a_picture_that_cannot_be_taken_is_told_of_and_the_rest_goes_in(problem: Problem) -> None:
    house = House(problems={"bad": problem})
    assert await house.text("look", "good", "bad") == getattr(WORDS, problem)
    assert house.handed == [("CA1", "look", 1)]
    assert await house.text("", "bad") == getattr(WORDS, problem)
    assert len(house.handed) == 1


async def test_a_text_brings_five_pictures_and_a_call_twenty() -> None:
    house = House()
    assert await house.text("", *"abcdef") == WORDS.too_many
    for _ in range(3):
        assert await house.text("", *"abcde") is None
    assert await house.text("more", "a") == WORDS.too_many
    assert [count for _, _, count in house.handed] == [5, 5, 5, 5, 0]
    assert len(house.fetched) == 20


async def test_a_call_takes_only_so_many_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "MOST_TEXTS_A_CALL", 2)
    house = House(problems={"bad": "unreadable"})
    replies = [await house.text("again", "bad") for _ in range(4)]
    assert replies == [WORDS.unreadable] * 2 + [None] * 2
    assert len(house.handed) == 2


async def test_a_call_that_ends_while_a_picture_is_fetched_gets_nothing() -> None:
    house = House(hold=asyncio.Event())
    assert house.hold is not None
    async with asyncio.TaskGroup() as group:
        texting = group.create_task(house.text("look", "a"))
        await asyncio.wait_for(house.asked.wait(), 5)
        house.calls = []
        house.hold.set()
    assert texting.result() == WORDS.over
    assert house.handed == []


async def test_without_an_account_pictures_cannot_be_fetched() -> None:
    house = House()
    desk = TextDesk(house.calls_of, house.deliver, None)
    text = TextIn("SM1", CALLER, OURS, "look", (MediaRef("a", "image/jpeg"),))
    assert await desk.text(text) == WORDS.not_fetched
    assert house.handed == [("CA1", "look", 0)]


async def test_the_words_are_those_of_the_number_texted() -> None:
    house = House(calls=[])
    words = {OURS: Words(no_call="Llámenos primero.")}
    desk = TextDesk(house.calls_of, house.deliver, house, words=lambda called: words[called])
    assert await desk.text(TextIn("SM1", CALLER, OURS, "hola")) == "Llámenos primero."
