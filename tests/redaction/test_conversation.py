"""Turns redacted as they come: a number in several goes, and said again."""

import re

from app.redaction.conversation import MOST_ASIDES, Conversation
from app.redaction.spans import without


def _said(conversation: Conversation, *turns: tuple[str, str]) -> list[str]:
    """What is left of each turn in the end."""
    left: dict[object, str] = {}
    for number, (side, text) in enumerate(turns):
        for piece in conversation.said(number, "caller" if side == "c" else "assistant", text):
            left[piece.key] = without(piece.text, piece.spans)
    left |= {piece.key: without(piece.text, piece.spans) for piece in conversation.rest()}
    return [left[number] for number in range(len(turns))]


def test_a_card_in_three_goes_is_held_back_until_it_is_known_to_be_one() -> None:
    conversation = Conversation("en")
    assert conversation.said(1, "caller", "four one one one") == []
    assert [piece.key for piece in conversation.said(2, "assistant", "mm-hm")] == [2]
    assert conversation.said(3, "caller", "one one one one, one one one one") == []
    conversation.said(4, "assistant", "go on")

    pieces = conversation.said(5, "caller", "one one one one and that's all I have")

    assert [(piece.key, without(piece.text, piece.spans)) for piece in pieces] == [
        (1, "[card]"),
        (3, "[card]"),
        (5, "[card] and that's all I have"),
    ]


def test_half_a_card_may_be_gone_on_with_whatever_is_said_to_it() -> None:
    sorry = "I am sorry, I cannot help with that here, but we can find somebody."
    begun, rest = (
        "My card number is four five three nine one four eight eight",
        "zero three four three six four six seven",
    )
    card = (("c", begun), ("a", sorry), ("c", rest), ("a", sorry))

    assert _said(Conversation("en"), *card) == ["My card number is [card]", sorry, "[card]", sorry]
    before = "My card is 4111 1111 1111 1111, and call me at 212-555-0143."
    asks = "What number can we call you at?"
    assert _said(Conversation("en"), ("a", asks), ("c", before), ("a", asks), *card)[-2] == "[card]"


def test_a_card_may_be_gone_on_with_after_an_aside_or_two() -> None:
    begun, rest = "My card number is four one one one one one one one.", "One one one one one one one one."
    one, other = "Hold on, let me find my glasses.", "The light is so bad in here."

    assert _said(Conversation("en"), ("c", begun), ("c", one), ("c", rest))[1:] == [one, "[card]."]
    between = (("c", one), ("a", "Take your time, there is no hurry at all, really."), ("c", other))
    assert _said(Conversation("en"), ("c", begun), *between, ("c", rest))[-1] == "[card]."
    many = [("c", one)] * (MOST_ASIDES + 1)
    assert _said(Conversation("en"), ("c", begun), *many, ("c", rest))[-1] == rest


def test_a_turn_that_ends_in_digits_waits_no_longer_than_for_an_answer() -> None:
    conversation = Conversation("en")
    assert conversation.said(1, "caller", "I think it was 4 1 1 1") == []

    pieces = conversation.said(2, "assistant", "I see, let me have a look at that for you, one moment please.")

    assert [piece.key for piece in pieces] == [1, 2]


def test_other_turns_are_settled_at_once() -> None:
    conversation = Conversation("en")

    for number, text in enumerate(("Where is my parcel?", "my order number is 1047", "I bought 2 lamps and a chair.")):
        assert [piece.key for piece in conversation.said(number, "caller", text)] == [number]


def test_what_was_asked_for_is_known_over_a_nod() -> None:
    left = _said(
        Conversation("en"), ("a", "And the security code?"), ("c", "Let me look."), ("a", "Sure."), ("c", "it's 7 3 7")
    )

    assert left[-1] == "it's [secret]"


def test_another_question_ends_what_was_asked_for() -> None:
    left = _said(
        Conversation("en"),
        *(("a", "And the security code?"), ("c", "737")),
        *(("a", "Thanks. How many of the blue ones did you order?"), ("c", "120")),
    )

    assert left[1::2] == ["[secret]", "120"]


def test_a_number_is_known_when_the_other_side_says_it_again() -> None:
    left = _said(
        Conversation("en"),
        ("c", "My card number is 4012 8888 8888 1881."),
        ("a", "I have four zero one two, eight eight eight eight. Right?"),
        ("c", "my PIN is 4421"),
        ("a", "So 4421, thank you."),
    )

    assert left == [
        "My card number is [card].",
        "I have [card]. Right?",
        "my PIN is [secret]",
        "So [secret], thank you.",
    ]


def test_orders_in_turns_of_their_own_are_no_card() -> None:
    left = _said(
        Conversation("en"), ("c", "It's order 4111."), ("a", "I can't find it."), ("c", "Try 1111 then."), ("a", "Hm."),
        ("c", "Or 1111 again?"), ("a", "No."), ("c", "And 1112?"),
    )  # fmt: skip

    assert left[::2] == ["It's order 4111.", "Try 1111 then.", "Or 1111 again?", "And 1112?"]


def test_what_a_line_names_stays() -> None:
    conversation = Conversation("en", keep=(re.compile(r"\b2125550\d{3}\b"),))

    assert _said(conversation, ("a", "Call 2125550100, or 2125559999.")) == ["Call 2125550100, or [phone]."]


def test_the_memory_of_a_long_call_is_bounded() -> None:
    conversation = Conversation("en")
    for number in range(500):
        conversation.said(number, "caller", f"my PIN is {number + 1000}")

    assert len(conversation.known) <= 32
