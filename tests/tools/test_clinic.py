"""The clinic: free times, appointments of one's own, and the nurse."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tests.tools.phoning import Call, rows, said, shown

GRACE = {"born_on": "1984-05-17", "surname": "Miller"}
SAMUEL = {"born_on": "3 February 1971", "surname": "Johnson"}


def next_open(weekday: int) -> date:
    today = date.today()
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


async def test_free_times_are_told_with_their_doctors(tmp_path: Path) -> None:
    end = await Call(tmp_path).uses("find_slots", day="Monday")
    times = shown(end)["times"]
    assert isinstance(times, list)
    assert shown(end)["day"] == next_open(0).isoformat()
    assert {time.split()[1] for time in times} == {"Adams", "Rivera"}
    assert all("09:00" <= time <= "16:30 Rivera" for time in times)


async def test_a_doctor_who_was_named_is_the_only_one(tmp_path: Path) -> None:
    times = shown(await Call(tmp_path).uses("find_slots", day="Monday", doctor="Dr. Rivera"))["times"]
    assert isinstance(times, list)
    assert {time.split()[1] for time in times} == {"Rivera"}


@pytest.mark.parametrize("day", ["Saturday", "el domingo"])
async def test_at_the_weekend_nothing_is_free(tmp_path: Path, day: str) -> None:
    assert shown(await Call(tmp_path).uses("find_slots", day=day))["times"] == []


@pytest.mark.parametrize("day", ["someday", "2020-01-01", "2099-01-01", "2026-02-31", ""])
async def test_a_day_that_is_none_or_not_to_come_is_asked_again(tmp_path: Path, day: str) -> None:
    end = await Call(tmp_path).uses("find_slots", day=day)
    assert (end.status, end.response["retryable"]) == ("error", True)


@pytest.mark.parametrize("time", ["10:30", "10.30 a.m.", "half past 10", "ten thirty", "1030"])
async def test_an_appointment_is_booked_however_its_time_is_said(tmp_path: Path, time: str) -> None:
    end = await Call(tmp_path).agrees("book_appointment", day="Monday", time=time, name="Olivia Stone")
    assert (end.effect, shown(end)["time"]) == (True, "10:30")
    kept = rows(tmp_path / "clinic.db", "SELECT name, starts_at, call_sid, state FROM appointments WHERE key NOT NULL")
    assert kept == [("Olivia Stone", f"{next_open(0)} 10:30:00.000000", "CA1", "booked")]


@pytest.mark.parametrize("time", ["2", "2 p.m.", "two o'clock", "14:00"])
async def test_two_is_in_the_afternoon(tmp_path: Path, time: str) -> None:
    end = await Call(tmp_path).agrees("book_appointment", day="Monday", time=time, name="Olivia Stone")
    assert shown(end)["time"] == "14:00"


@pytest.mark.parametrize("time", ["12:30", "17:00", "10:15", "8:00", "never", "99:99"])
async def test_a_time_that_is_none_of_the_clinics_is_not_booked(tmp_path: Path, time: str) -> None:
    end = await Call(tmp_path).agrees("book_appointment", day="Monday", time=time, name="Olivia Stone")
    assert (end.status, said(end)) == ("error", "That time is not free. Shall I look for another one?")


async def test_a_time_has_as_many_appointments_as_doctors(tmp_path: Path) -> None:
    calls = [Call(tmp_path, call_sid=f"CA{number}") for number in range(5)]
    booking = (
        call.agrees("book_appointment", day="Monday", time="11:30", name=f"Patient {number}")
        for number, call in enumerate(calls)
    )
    ends = await asyncio.gather(*booking)
    assert sorted(end.status for end in ends) == ["error"] * 3 + ["ok"] * 2
    assert {shown(end)["doctor"] for end in ends if end.effect} == {"Adams", "Rivera"}


async def test_the_same_booking_twice_is_one(tmp_path: Path) -> None:
    wish = {"day": "Monday", "time": "10:30", "name": "Olivia Stone"}
    first = await Call(tmp_path).agrees("book_appointment", **wish)
    again = await Call(tmp_path).agrees("book_appointment", **wish)  # the call's memory is gone, its key is not
    assert (again.response, again.status) == (first.response, "ok")
    assert rows(tmp_path / "clinic.db", "SELECT count(*) FROM appointments WHERE key NOT NULL") == [(1,)]


@pytest.mark.parametrize(
    "birth",
    [
        *("1984-05-17", "May 17th, 1984", "17 de mayo de 1984", "5/17/1984", "the 17th of May 1984", "17 May 1984"),
        *("My date of birth is May seventeenth, nineteen, eighty-four.", "the seventeenth of May nineteen eighty four"),
    ],
)
async def test_a_patient_is_found_however_the_birthday_is_said(tmp_path: Path, birth: str) -> None:
    assert (await Call(tmp_path).uses("verify_patient", born_on=birth, surname="miller")).level == "details"


@pytest.mark.parametrize(
    ("birth", "surname"),
    [
        ("1984-05-18", "Miller"),
        ("1984-05-17", "Johnson"),
        ("1984-13-45", "Miller"),
        ("", ""),
        ("1984-05-17", "Mill"),
        ("1984-05-17", "Johnson Torres Taylor Smith Miller"),
    ],
)
async def test_who_is_nobody_here_gets_one_answer(tmp_path: Path, birth: str, surname: str) -> None:
    wrong = await Call(tmp_path).uses("verify_patient", born_on=birth, surname=surname)
    unknown = await Call(tmp_path).uses("verify_patient", born_on="1950-01-01", surname="Nobody")
    assert wrong == unknown


async def test_accents_are_not_heard(tmp_path: Path) -> None:
    torres = {"born_on": "1990-08-21", "surname": "TÓRRES"}
    assert (await Call(tmp_path).uses("verify_patient", **torres)).level == "details"


@pytest.mark.parametrize("tool", ["next_appointment", "move_appointment", "cancel_appointment"])
async def test_appointments_are_for_patients_who_were_verified(tmp_path: Path, tool: str) -> None:
    end = await Call(tmp_path, "+12025550143").uses(tool, new_day="Monday", new_time="10:30")
    assert end.status == "refused"


async def test_an_appointment_is_moved_once_and_only_ones_own(tmp_path: Path) -> None:
    call = Call(tmp_path)
    await call.uses("verify_patient", **GRACE)
    end = await call.agrees("move_appointment", new_day="Wednesday", new_time="2:30")
    assert said(end).startswith("Your appointment is moved: it is now ")
    at = f"{next_open(2)} 14:30:00.000000"
    moved = rows(tmp_path / "clinic.db", f"SELECT name, state FROM appointments WHERE starts_at = '{at}'")
    assert moved == [("Grace Miller", "booked")]
    assert rows(tmp_path / "clinic.db", "SELECT what, call_sid FROM changes") == [("moved", "CA1")]


async def test_the_same_change_in_a_call_that_was_lost_is_not_made_again(tmp_path: Path) -> None:
    ends = []
    for _ in range(2):  # another runner of the same call: its memory is gone, its key is not
        call = Call(tmp_path)
        await call.uses("verify_patient", **SAMUEL)
        ends.append(await call.agrees("cancel_appointment"))
    assert ends[0].response == ends[1].response
    assert rows(tmp_path / "clinic.db", "SELECT what FROM changes") == [("cancelled",)]
    assert rows(tmp_path / "clinic.db", "SELECT name, slot FROM appointments WHERE state = 'cancelled'") == [
        ("Samuel Johnson", None)
    ]


async def test_a_cancelled_time_is_free_again(tmp_path: Path) -> None:
    call = Call(tmp_path)
    await call.uses("verify_patient", **GRACE)
    at = shown(await call.uses("next_appointment"))
    await call.agrees("cancel_appointment")
    assert (await call.uses("next_appointment")).response["status"] == "not_found"
    times = shown(await call.uses("find_slots", day=at["day"]))["times"]
    assert isinstance(times, list)
    assert f"{at['time']} {at['doctor']}" in times


async def test_the_samples_days_are_always_to_come(tmp_path: Path) -> None:
    call = Call(tmp_path)
    await call.uses("find_slots", day="Monday")
    with closing(sqlite3.connect(tmp_path / "clinic.db")) as database, database:
        database.execute("UPDATE appointments SET starts_at = '2020-01-06 09:30:00.000000', slot = slot || '-old'")
    again = Call(tmp_path)
    await again.uses("verify_patient", **GRACE)
    day = shown(await again.uses("next_appointment"))["day"]
    assert datetime.fromisoformat(str(day)).date() > date.today()


async def test_a_question_for_the_nurse_is_passed_on_once(tmp_path: Path) -> None:
    for _ in range(2):
        end = await Call(tmp_path, "+12125550161").uses("ask_nurse", question="What helps with a fever?")
        assert "nurse" in said(end)
    kept = rows(tmp_path / "clinic_desk.db", "SELECT callback_number, question, call_sid FROM questions")
    assert kept == [("+12125550161", "What helps with a fever?", "CA1")]


@pytest.mark.parametrize(
    ("weekday", "words"), [(None, "Monday to Thursday"), ("friday", "nine to one"), ("sunday", "closed")]
)
async def test_opening_hours_need_no_proof(tmp_path: Path, weekday: str | None, words: str) -> None:
    args = {} if weekday is None else {"weekday": weekday}
    assert words in said(await Call(tmp_path).uses("opening_hours", **args))


async def test_the_clinic_speaks_spanish(tmp_path: Path) -> None:
    call = Call(tmp_path, language="es-US")
    assert "Abrimos" in said(await call.uses("opening_hours"))
    wish = {"day": "el lunes", "time": "diez y media", "name": "Ana Ruiz"}
    await call.uses("book_appointment", "Quiero una cita.", **wish)
    assert said(await call.uses("book_appointment", "Sí, por favor.", **wish)).startswith("La cita está reservada ")
