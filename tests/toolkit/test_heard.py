"""Numbers as callers say them, in ten languages."""

import pytest

from app.toolkit import heard_digits


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
        "un zéro quatre sept",
        "dix quarante-sept",
        "eins null vier sieben",
        "zehn siebenundvierzig",
        "um zero quatro sete",
        "o pedido é um zero quatro sete",
        "dez quarenta e sete",
        "jeden zero cztery siedem",
        "ten numer to dziesięć czterdzieści siedem",
        "diez cuarenta y siete",
        "एक शून्य चार सात",
        "मेरा नंबर १०४७ है",
        "واحد صفر أربعة سبعة",
        "رقم الطلب ١٠٤٧",
        "いち ゼロ よん なな",
        "いちぜろよんなな",
        "注文番号は1047です",
        "１０４７",
        "一〇四七",
        "订单号是一零四七",
        "幺零四七",
        "一千零四十七",
        "1 zéro 4 7",
    ],
)
def test_a_number_is_heard_in_every_way_it_is_said(said: str) -> None:
    assert heard_digits(said) == "1047"


def test_tens_alone_and_tens_with_units_are_told_apart() -> None:
    assert heard_digits("fifty five twenty nineteen") == "552019"
    assert heard_digits("soixante-quinze, quatre-vingt-dix-sept, vingt et un") == "759721"
    assert heard_digits("einundzwanzig dreißig") == "2130"
    assert heard_digits("veintitrés treinta y uno") == "2331"


@pytest.mark.parametrize(
    "word", ["vier", "Sieben", "três", "tres", "पाँच", "पांच", "ثلاثة", "dziewięć", "dziewiec", "九"]
)
def test_a_digit_is_heard_with_and_without_its_signs(word: str) -> None:
    digits = {"vier": "4", "Sieben": "7", "três": "3", "tres": "3", "पाँच": "5", "पांच": "5"}
    others = {"ثلاثة": "3", "dziewięć": "9", "dziewiec": "9", "九": "9"}
    assert heard_digits(word) == (digits | others)[word]


@pytest.mark.parametrize(
    "said", ["", "I don't know", "²³", "मेरा", "um pedido", "o pedido", "ten numer", "once", "我要一个订单", "にほんご"]
)
def test_where_no_number_is_said_none_is_heard(said: str) -> None:
    assert heard_digits(said) == ""
