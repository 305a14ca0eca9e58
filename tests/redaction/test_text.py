"""One text redacted."""

import re

import pytest

from app.redaction import Span, redact
from app.redaction.spans import alike, hidden, named, without

CARD = "4111 1111 1111 1111"


def test_a_card_is_replaced_and_its_place_told() -> None:
    redacted = redact(f"It's {CARD}, thanks.", "en-US")

    assert redacted.text == "It's [card], thanks."
    assert redacted.spans == (Span(5, 24, "card"),)


def test_a_text_without_any_stays_the_very_same() -> None:
    text = "Where is my order 1047?"

    assert redact(text, "en-US").text is text


def test_each_kind_has_its_name() -> None:
    said = (
        "I'm at jane@example.com or 212-555-0123, my social is 536-90-4399, my IBAN is DE89 3704 0044 0532 0130 00"
        " and the PIN is 4421"
    )

    assert redact(said, "en").text == (
        "I'm at [e-mail] or [phone], my social is [id], my IBAN is [iban] and the PIN is [secret]"
    )


def test_the_language_is_told_from_the_words_where_it_is_another() -> None:
    assert redact("vier eins eins eins, " * 1 + "eins eins eins eins " * 3, "en-US").text == "[card] "


def test_what_a_line_names_stays_but_no_card() -> None:
    keep = (re.compile(r"\b\d{9,10}\b"), re.compile(r"help@northwind\.example"), re.compile(r"\d{16}"))

    assert redact("It is 2125550123, write to help@northwind.example.", "en", keep).spans == ()
    assert redact("It is 4111111111111111.", "en", keep).text == "It is [card]."


def test_what_was_asked_for_is_what_is_told() -> None:
    assert redact("one two three", "en").spans == ()
    assert redact("one two three", "en", asked="secret").text == "[secret]"
    assert redact("4421", "en", asked="plain").text == "4421"


@pytest.mark.parametrize(
    "text", ["", " ", "ʘ", "no", "1", "at dot com", "@", "password is", "my PIN is", "\ud800 4", "٣"]
)
def test_texts_with_nothing_in_them_are_left_alone(text: str) -> None:
    assert redact(text, "en").text == text


def test_long_texts_take_no_more_time_for_being_contrived() -> None:
    for text in ("1 " * 10_000, "a" * 20_000, "one at dot " * 2_000, "A1" * 10_000, "password is " * 2_000):
        redact(text, "en")


def test_spans_are_named_or_hidden_letter_by_letter() -> None:
    text, spans = f"It's {CARD}!", [Span(5, 24, "card")]

    assert without(text, spans) == "It's [card]!"
    assert hidden(text, spans) == "It's ʘʘʘʘ ʘʘʘʘ ʘʘʘʘ ʘʘʘʘ!"
    assert named("It's ʘʘʘʘ ʘʘʘʘ ʘʘʘʘ ʘʘʘʘ!") == "It's [hidden]!"
    assert alike(text, hidden(text, spans)) and not alike(text, "It's ʘʘʘʘ") and not alike("a", "b")
