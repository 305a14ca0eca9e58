"""Numbers, days and money as they are said."""

from datetime import date, time

import pytest

from app.toolkit import Caller, spoken_day, spoken_digits
from app.toolkit.spoken import spoken_money, spoken_number, spoken_time

TODAY = date(2026, 11, 23)  # a Monday


def test_digits_are_said_one_by_one() -> None:
    assert spoken_digits("1047") == "1 0 4 7"


DAYS = [date(2026, 11, day) for day in (22, 23, 24, 26, 17)] + [date(2026, 12, 1), date(2027, 12, 28)]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en-US",
            "yesterday, today, tomorrow, on Thursday, on Tuesday, on December 1, on December 28 2027",
        ),
        ("es-MX", "ayer, hoy, mañana, el jueves, el martes, el 1 de diciembre, el 28 de diciembre de 2027"),
        ("fr-FR", "hier, aujourd'hui, demain, jeudi, mardi, le 1er décembre, le 28 décembre 2027"),
        ("de-DE", "gestern, heute, morgen, am Donnerstag, am Dienstag, am 1. Dezember, am 28. Dezember 2027"),
        (
            "pt-BR",
            "ontem, hoje, amanhã, na quinta-feira, na terça-feira, no dia 1 de dezembro, no dia 28 de dezembro de 2027",
        ),
        ("hi-IN", "कल, आज, कल, गुरुवार को, मंगलवार को, 1 दिसंबर को, 28 दिसंबर 2027 को"),
        ("ja-JP", "昨日, 今日, 明日, 木曜日, 火曜日, 12月1日, 2027年12月28日"),
        ("ar-EG", "أمس, اليوم, غدًا, يوم الخميس, يوم الثلاثاء, يوم 1 ديسمبر, يوم 28 ديسمبر 2027"),
        ("zh-Hans", "昨天, 今天, 明天, 星期四, 星期二, 12月1日, 2027年12月28日"),
        ("pl-PL", "wczoraj, dzisiaj, jutro, w czwartek, we wtorek, 1 grudnia, 28 grudnia 2027"),
        ("sw", "Jumapili, Jumatatu, Jumanne, Alhamisi, Jumanne, 1 Desemba, 28 Desemba 2027"),
        ("tlh", "yesterday, today, tomorrow, on Thursday, on Tuesday, on December 1, on December 28 2027"),
    ],
)
def test_a_day_is_said_as_people_say_it(language: str, said: str) -> None:
    spoken = [spoken_day(day, language, TODAY).replace("28,", "28") for day in DAYS]
    assert ", ".join(spoken) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en-US", "12 US dollars, 12.50 euros, 1,250 Japanese yen"),
        ("es-ES", "12 dólares estadounidenses, 12,50 euros, 1.250 yenes japoneses"),
        ("fr-FR", "12 dollars des États-Unis, 12,50 euros, 1 250 yens japonais"),
        ("de-DE", "12 US-Dollar, 12,50 Euro, 1.250 Japanische Yen"),
        ("pt-BR", "12 dólares americanos, 12,50 euros, 1.250 ienes japoneses"),
        ("hi-IN", "12 यूएस डॉलर, 12.50 यूरो, 1,250 जापानी येन"),
        ("ja-JP", "12米ドル, 12.50ユーロ, 1,250円"),
        ("ar-EG", "12 دولار أمريكي, 12.50 يورو, 1,250 ين ياباني"),
        ("zh-Hans", "12美元, 12.50欧元, 1,250日元"),
        ("pl-PL", "12 dolarów amerykańskich, 12,50 euro, 1 250 jenów japońskich"),
    ],
)
def test_money_is_said_with_its_currencys_name(language: str, said: str) -> None:
    amounts: list[tuple[int | str, str]] = [(12, "USD"), ("12.5", "EUR"), (1250, "JPY")]
    spoken = [spoken_money(amount, currency, language) for amount, currency in amounts]
    assert ", ".join(spoken) == said


def test_one_of_a_currency_is_said_in_the_singular() -> None:
    assert spoken_money(1, "EUR", "en-GB") == "1 euro"
    assert spoken_money("1.00", "PLN", "pl-PL") == "1 złoty polski"


@pytest.mark.parametrize(
    ("language", "number", "moment"),
    [
        ("en-US", "1,234.5", "2:05 PM"),
        ("fr-FR", "1 234,5", "14:05"),
        ("de-DE", "1.234,5", "14:05 Uhr"),
        ("pt-BR", "1.234,5", "14:05"),
        ("ja-JP", "1,234.5", "14:05"),
        ("ar-EG", "1,234.5", "2:05 م"),
        ("pl-PL", "1 234,5", "14:05"),
    ],
)
def test_numbers_and_times_have_the_languages_signs(language: str, number: str, moment: str) -> None:
    assert spoken_number(1234.5, language) == number
    assert spoken_time(time(14, 5), language) == moment


def test_a_caller_hears_their_language_or_its_main_one_or_english() -> None:
    sentences = {"en": "Hello.", "es": "Hola.", "es-US": "Qué tal."}
    assert Caller(language="es-US").hears(sentences) == "Qué tal."
    assert Caller(language="es-MX").hears(sentences) == "Hola."
    assert Caller(language="ja-JP").hears(sentences) == "Hello."
    assert Caller(language="ja-JP").hears({"es": "Hola."}) == "Hola."
