"""Numbers and days as they are said and heard."""

from datetime import date

import pytest

from app.toolkit import Caller, heard_digits, spoken_day, spoken_digits

TODAY = date(2026, 11, 23)  # a Monday


@pytest.mark.parametrize(
    "said",
    [
        "1047",
        "#1047",
        "1-0-4-7",
        "1 0 4 7",
        "order number 1047, please",
        "1 oh 4 7",
        "one zero four seven",
        "one oh four seven",
        "ten forty seven",
        "Ten forty-seven.",
        "uno cero cuatro siete",
    ],
)
def test_a_number_is_heard_in_every_way_it_is_said(said: str) -> None:
    assert heard_digits(said) == "1047"


def test_tens_alone_and_tens_with_units_are_told_apart() -> None:
    assert heard_digits("fifty five twenty nineteen") == "552019"


@pytest.mark.parametrize("said", ["", "I don't know", "²³", "मेरा"])
def test_where_no_number_is_said_none_is_heard(said: str) -> None:
    assert heard_digits(said) == ""


def test_digits_are_said_one_by_one() -> None:
    assert spoken_digits("1047") == "1 0 4 7"


@pytest.mark.parametrize(
    ("day", "english", "spanish"),
    [
        (date(2026, 11, 22), "yesterday", "ayer"),
        (date(2026, 11, 23), "today", "hoy"),
        (date(2026, 11, 24), "tomorrow", "mañana"),
        (date(2026, 11, 26), "on Thursday", "el jueves"),
        (date(2026, 11, 17), "on Tuesday", "el martes"),
        (date(2026, 12, 24), "on December 24", "el 24 de diciembre"),
    ],
)
def test_a_day_is_said_as_people_say_it(day: date, english: str, spanish: str) -> None:
    assert spoken_day(day, "en-US", TODAY) == english
    assert spoken_day(day, "es-MX", TODAY) == spanish
    assert spoken_day(day, "fr", TODAY) == english


def test_a_caller_hears_their_language_or_its_main_one_or_english() -> None:
    sentences = {"en": "Hello.", "es": "Hola.", "es-US": "Qué tal."}
    assert Caller(language="es-US").hears(sentences) == "Qué tal."
    assert Caller(language="es-MX").hears(sentences) == "Hola."
    assert Caller(language="ja-JP").hears(sentences) == "Hello."
    assert Caller(language="ja-JP").hears({"es": "Hola."}) == "Hola."
