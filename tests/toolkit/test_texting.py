"""What the assistant may text: the caller, in a few words, with a link of the line or none."""

import asyncio

import pytest

from app.call.tool_end import ToolEnd
from app.toolkit import Caller
from app.toolkit.runner import ToolRunner
from app.toolkit.texts import plain_text, takes_texts, wrong_text
from tests.toolkit.using import Texted, use

LINKS = {"returns": "https://shop.example/returns", "map": "https://shop.example/map"}
NUMBER = "+12125550147"


def call(texted: Texted, number: str = NUMBER) -> ToolRunner:
    return ToolRunner({}, Caller(number=number, call_sid="CA1", language="en-US"), texts=texted, links=LINKS)


async def text(runner: ToolRunner, **args: object) -> ToolEnd:
    return await runner.run(use("send_text", args))


async def test_a_text_goes_to_the_caller() -> None:
    texted = Texted()
    end = await text(call(texted), text="Your return 88123 is open.\nThank you!", to="+19005550199", number="+1900")
    assert (end.status, end.effect, end.response["message"]) == ("ok", True, "I have sent you a text message.")
    assert texted.sent == [(NUMBER, "Your return 88123 is open. Thank you!")]


async def test_a_link_of_the_line_goes_with_it_by_its_name() -> None:
    texted = Texted()
    await text(call(texted), text="Send it back here:", link="returns")
    assert texted.sent == [(NUMBER, "Send it back here: https://shop.example/returns")]


def test_the_model_is_told_the_names_of_the_links() -> None:
    (spec,) = call(Texted()).specs(["send_text"])
    assert spec.parameters["properties"]["link"]["enum"] == ["returns", "map"]  # type: ignore[index]
    (without,) = ToolRunner({}, Caller(), texts=Texted()).specs(["send_text"])
    assert "link" not in str(without.parameters)


@pytest.mark.parametrize(
    "args",
    [
        {"text": "Look here", "link": "https://evil.example"},
        {"text": "Look here", "link": "Returns"},
        {"text": "Go to https://evil.example/pay"},
        {"text": "Go to hxxp://evil.example"},
        {"text": "Go to evil.com now"},
        {"text": "Go to evil . com now"},
        {"text": "Go to evil dot com now"},
        {"text": "Go to bit.ly/3abc"},
        {"text": "Go to www evil"},
        {"text": "Go to EVIL.CO.UK"},
        {"text": "Go to ev\u200bil.c\u200bom"},
        {"text": "Go to ｅｖｉｌ．ｃｏｍ"},
        {"text": "Go to evil。com"},
        {"text": "Go to пример.рф"},
        {"text": "Go to 10.0.0.1"},
        {"text": "Write to me@evil.example"},
        {"text": "Ring tel:900"},
        {"text": "Call +1 900 555 0199"},
        {"text": "Call 1-900-555-0199"},
        {"text": "Call (212) 555-0199"},
        {"text": "Call 9 0 0 5 5 5 0 1 9 9"},
        {"text": "Call 00491771780055"},
        {"text": "Call ٢١٢٥٥٥٠١٩٩"},
        {"text": "x" * 321},
        {"text": ""},
        {"text": " \x00\u200b "},
    ],
)
async def test_nothing_of_the_models_own_making_is_texted(args: dict[str, object]) -> None:
    texted = Texted()
    end = await text(call(texted), **args)
    assert (end.status, end.effect, texted.sent) == ("error", False, [])
    assert end.response["retryable"]


@pytest.mark.parametrize(
    "said",
    [
        "Your order 1047 was shipped. It should arrive on Monday, 9 a.m. to 5 p.m.",
        "Return 300125: please print the label (12.50 USD, 3.5 kg).",
        "Su pedido 55029 llega el lunes. ¡Gracias!",
        "您的订单1047已发货。预计周一送达。",
        "ご注文1047は発送済みです。月曜日に届きます。",
        "आपका ऑर्डर 1047 भेज दिया गया है।",
        "Appointment: 2026-11-24, 10:30, room 4.",
        "x" * 320,
    ],
)
def test_honest_texts_pass(said: str) -> None:
    assert wrong_text(plain_text(said), NUMBER) == ""


@pytest.mark.parametrize(
    "number",
    ["anonymous", "", "+33142278186", "+18005551234", "+19005550199", "client:ann", "+442079460123", "12125550147"],
)
async def test_where_no_text_can_go_the_caller_is_told(number: str) -> None:
    texted = Texted()
    end = await text(call(texted, number), text="Hello")
    assert (end.status, texted.sent) == ("error", [])
    assert end.response["message"] == "I can't send a text message to the phone you are calling from."


@pytest.mark.parametrize("number", [NUMBER, "+491771780055", "+15555550100"])
def test_mobiles_and_those_that_may_be_take_texts(number: str) -> None:
    assert takes_texts(number)


async def test_three_texts_a_call_are_sent() -> None:
    texted = Texted()
    runner = call(texted)
    ends = [await text(runner, text=f"Text {letter}") for letter in "abcd"]
    assert [end.status for end in ends] == ["ok", "ok", "ok", "error"]
    assert ends[3].response["message"] == "I can't send any more text messages on this call."
    assert len(texted.sent) == 3


async def test_many_texts_at_once_are_three() -> None:
    texted = Texted()
    runner = call(texted)
    await asyncio.gather(*(text(runner, text=f"Text {letter}") for letter in "abcdefgh"))
    assert len(texted.sent) == 3


async def test_the_same_text_twice_is_one() -> None:
    texted = Texted()
    runner = call(texted)
    ends = [await text(runner, text="Hello") for _ in range(3)]
    assert ([end.effect for end in ends], len(texted.sent)) == ([True, False, False], 1)


async def test_a_text_that_does_not_go_is_no_effect() -> None:
    end = await text(call(Texted(broken=True)), text="Hello")
    assert (end.status, end.effect) == ("error", False)
    assert end.response["message"] == "I could not send the text message just now."


async def test_where_there_are_no_texts_none_is_sent() -> None:
    end = await text(ToolRunner({}, Caller(number=NUMBER)), text="Hello")
    assert (end.status, end.effect) == ("error", False)
