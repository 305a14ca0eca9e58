"""Arguments from a caller's words, and days and times as they are said."""

from datetime import date

import pytest

from app.rehearsal.dates import day_in, time_in, without_when
from app.rehearsal.declared import Param, param_from
from app.rehearsal.slots import answer_to, filled, kind_of, missing
from tests.rehearsal.declared_lines import BANK, tool

TODAY = date(2026, 11, 23)  # a Monday


@pytest.mark.parametrize(
    ("said", "words", "iso"),
    [
        ("tomorrow at ten", "tomorrow", "2026-11-24"),
        ("the day after tomorrow", "day after tomorrow", "2026-11-25"),
        ("next Monday", "next Monday", "2026-11-30"),
        ("on Friday, please", "on Friday", "2026-11-27"),
        ("November 25th", "November 25th", "2026-11-25"),
        ("the 25th of November", "25th of November", "2026-11-25"),
        ("March 3rd", "March 3rd", "2027-03-03"),
        ("May 17, 1984", "May 17, 1984", "1984-05-17"),
        ("2026-11-30", "2026-11-30", "2026-11-30"),
        ("mañana a las diez", "mañana", "2026-11-24"),
        ("el lunes", "el lunes", "2026-11-30"),
        ("demain matin", "demain", "2026-11-24"),
        ("am Donnerstag", "am Donnerstag", "2026-11-26"),
        ("May seventeenth, nineteen, eighty-four", "May 17, 1984", "1984-05-17"),
        ("December thirty of two thousand one", "December 30 of 2001", "2001-12-30"),
        ("June twelve nineteen ninety one", "June 12 1991", "1991-06-12"),
        ("May five nineteen oh one", "May 5 1901", "1901-05-05"),
        ("the twenty-first of March, twenty twenty-seven", "21 of March, 2027", "2027-03-21"),
        ("February 30th", "February 30th", ""),
    ],
)
def test_days_are_found_as_they_are_said(said: str, words: str, iso: str) -> None:
    found = day_in(said, TODAY)
    assert found is not None
    assert (found.said, found.iso) == (words, iso)


def test_without_knowing_today_a_day_is_only_what_was_said() -> None:
    found = day_in("tomorrow", None)
    assert found is not None
    assert (found.said, found.iso) == ("tomorrow", "")


@pytest.mark.parametrize(
    ("said", "iso"),
    [
        ("at ten", "10:00"),
        ("at 10:30", "10:30"),
        ("10.30 am", "10:30"),
        ("at 1030", "10:30"),
        ("at 2:30 in the afternoon", "14:30"),
        ("half past two", "14:30"),
        ("quarter to nine", "08:45"),
        ("at 9 pm", "21:00"),
        ("12 am", "00:00"),
        ("ten o'clock", "10:00"),
        ("at three", "15:00"),
        ("a las diez", "10:00"),
        ("à 9 h 30", "09:30"),
        ("um zehn Uhr", "10:00"),
        ("at noon", "12:00"),
        ("on Tuesday at ten thirty", "10:30"),
        ("at two thirty in the afternoon", "14:30"),
        ("nine forty-five", "09:45"),
        ("At 3pm, please", "15:00"),
        ("10:30am", "10:30"),
        ("08:15", "08:15"),
    ],
)
def test_times_are_found_as_they_are_said(said: str, iso: str) -> None:
    found = time_in(said)
    assert found is not None
    assert found.iso == iso


@pytest.mark.parametrize("said", ["I have 2 lamps", "order 1047", "one of them", ""])
def test_not_every_number_is_a_time_or_a_day(said: str) -> None:
    assert time_in(said) is None
    assert day_in(said, TODAY) is None
    assert without_when(said) == said


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"enum": ["a", "b"]}, "choice"),
        ({"type": "boolean"}, "flag"),
        ({"type": ["integer", "null"], "description": "How many"}, "count"),
        ({"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}, "day"),
        ({"description": "When, as YYYY-MM-DDTHH:MM"}, "moment"),
        ({"description": "The number of the account, six digits"}, "number"),
        ({"description": "Anything"}, "words"),
        ("not a schema", "words"),
    ],
)
def test_what_an_argument_is_stands_in_its_schema(schema: object, kind: str) -> None:
    assert kind_of(param_from("value", schema)) == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [("day", "day"), ("start_time", "time"), ("surname", "name"), ("reason", "text"), ("order_number", "number")],
)
def test_or_in_its_name(name: str, kind: str) -> None:
    assert kind_of(Param(name)) == kind


@pytest.mark.parametrize(
    ("description", "said", "value"),
    [
        ("The last four digits of the card.", "It is 8 8 1 2.", "8812"),
        ("The last four digits of the card.", "The number is 4111 1111 1111 8812", "8812"),
        ("The number of the account, six digits.", "three oh five seven one nine", "305719"),
        ("The postcode of the address.", "SW1A 1AA", "SW1A 1AA"),
        ("The postcode of the address.", "One zero zero one four", "10014"),
        ("The ticket number, such as T-204.", "t 204", "T-204"),
        ("The device's serial number, such as KX2044.", "K X 2 0 4 4", "KX2044"),
        ("The number of the account.", "I do not know.", None),
    ],
)
def test_numbers_are_heard_in_the_form_the_description_asks_for(description: str, said: str, value: str | None) -> None:
    assert answer_to(Param("number", description), said, TODAY) == value


def test_two_numbers_go_where_the_words_beside_them_say() -> None:
    said = ["My postcode is 10014 and the number of my account is 305719."]
    assert filled(BANK[0], said, {}, TODAY) == {"postcode": "10014", "account_number": "305719"}


def test_a_number_of_an_older_sentence_needs_a_word_that_says_what_it_is() -> None:
    assert filled(BANK[0], ["Where is order 305719?", "Hello?"], {}, TODAY) == {}
    known = filled(BANK[0], ["My account is 305719.", "Hello?"], {}, TODAY)
    assert known == {"account_number": "305719"}
    assert missing(BANK[0], known) == "postcode"


def test_what_was_said_last_goes_before_what_was_known() -> None:
    wanted = tool("look_up", "Looks an account up.", {"account_number": "The number of the account, six digits."})
    assert filled(wanted, ["It is account 305719."], {"account_number": "111111"}, TODAY) == {
        "account_number": "305719"
    }
    assert filled(wanted, ["Yes."], {"account_number": "111111"}, TODAY) == {"account_number": "111111"}


@pytest.mark.parametrize(
    ("name", "said", "value"),
    [
        ("name", "My name is Grace Miller.", "Grace Miller"),
        ("surname", "I'm Grace Miller.", "Miller"),
        ("first_name", "This is Grace Miller speaking.", "Grace"),
        ("name", "Me llamo Lucía Torres.", "Lucía Torres"),
        ("name", "Je m'appelle Camille Durand.", "Camille Durand"),
        ("name", "It's Falcon.", "Falcon"),
    ],
)
def test_names_are_found_behind_the_words_that_give_them(name: str, said: str, value: str) -> None:
    assert answer_to(Param(name), said, TODAY) == value


def test_a_day_of_birth_has_its_year_and_another_day_has_none() -> None:
    both = tool("change", "Changes it.", {"date_of_birth": "The date of birth.", "day": "The day."})
    assert filled(both, ["Tomorrow. I was born on May 17, 1984."], {}, TODAY) == {"date_of_birth": "May 17, 1984"}
    assert filled(both, ["Tomorrow, please."], {}, TODAY) == {"day": "Tomorrow"}


def test_a_moment_is_a_day_and_a_time() -> None:
    when = Param("starts_at", "When it begins", form="date-time")
    assert answer_to(when, "Tomorrow at half past ten.", TODAY) == "2026-11-24T10:30"
    assert answer_to(when, "Tomorrow.", TODAY) is None


@pytest.mark.parametrize(("said", "value"), [("Yes.", True), ("No.", False), ("Maybe.", None)])
def test_a_flag_is_a_yes_or_a_no(said: str, value: bool | None) -> None:
    assert answer_to(Param("wanted", kind="boolean"), said, TODAY) is value


@pytest.mark.parametrize(
    ("said", "value"), [("The level is B1.", "B1"), ("I want the very_last one", None), ("window seat", "window_seat")]
)
def test_a_choice_is_one_of_those_declared(said: str, value: str | None) -> None:
    assert answer_to(Param("choice", choices=("A1", "B1", "window_seat")), said, TODAY) == value


def test_one_number_is_not_two_things() -> None:
    params = {"order_number": "The order's number.", "postcode": "The postcode of the order."}
    both = tool("verify", "Who calls.", params)
    assert filled(both, ["Where is order 1047?", "I want to send it back."], {}, TODAY) == {"order_number": "1047"}
