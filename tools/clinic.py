"""The clinic's appointments: free times, booking, moving, cancelling. Whose they are says `clinic_patients.py`.

Without `CLINIC_URL` it keeps a small SQLite database with sample appointments.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Column, DateTime, ForeignKey, Integer, MetaData, String, Table, insert, inspect, select
from sqlalchemy import update as change
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.toolkit import (
    Caller,
    ToolError,
    answer,
    database,
    heard_digits,
    not_found,
    spoken_day,
    tool,
)

tables = MetaData()
appointments = Table(
    "appointments",
    tables,
    Column("id", Integer, primary_key=True),
    Column("key", String(64), unique=True),  # of one use of the tool: the same use again adds nothing
    Column("call_sid", String(64)),
    Column("slot", String(80), unique=True),  # doctor and time; none once it is cancelled
    Column("doctor", String(50), nullable=False),
    Column("starts_at", DateTime, nullable=False),
    Column("name", String(200), nullable=False),
    Column("patient_id", Integer, index=True),
    Column("reason", String(500), nullable=False),
    Column("state", String(20), nullable=False),
)
changes = Table(
    "changes",
    tables,
    Column("key", String(64), primary_key=True),
    Column("call_sid", String(64), nullable=False),
    Column("appointment_id", ForeignKey("appointments.id"), nullable=False),
    Column("what", String(20), nullable=False),
    Column("said", String(500), nullable=False),
    Column("at", DateTime, nullable=False),
)

Change = Callable[[AsyncConnection, RowMapping], Awaitable[str]]

_DOCTORS = ("Adams", "Rivera")
_OPEN: Mapping[int, tuple[tuple[int, int], ...]] = {
    **dict.fromkeys(range(4), ((9, 12), (14, 17))),
    4: ((9, 13),),
}  # weekday, Monday 0: hours
_SLOT = timedelta(minutes=30)
_READ_OUT = 3  # free times in one answer
_DAYS_AHEAD = 60

_WHICH_DAY = {
    "en": "I did not get which day. Could you say it again, such as tomorrow or Monday?",
    "es": "No he entendido qué día. ¿Puede repetirlo, como mañana o el lunes?",
}
_FREE = {"en": "Free {day}: {times}.", "es": "Hay hora {day}: {times}."}
_NONE_FREE = {"en": "There is nothing free {day}.", "es": "No queda ninguna hora {day}."}
_AT = {"en": "{time} with Doctor {doctor}", "es": "{time} con {doctor}"}
_CONFIRM = {
    "en": "I would book {day} at {time} for {name}. Is that right?",
    "es": "Voy a reservar {day} a las {time} para {name}. ¿Es correcto?",
}
_BOOKED = {
    "en": "The appointment is booked {day} at {time} with Doctor {doctor}.",
    "es": "La cita está reservada {day} a las {time} con {doctor}.",
}
_TAKEN = {
    "en": "That time is not free. Shall I look for another one?",
    "es": "Esa hora no está libre. ¿Busco otra?",
}
_NO_APPOINTMENT = {
    "en": "I can't find an appointment of yours that is still to come.",
    "es": "No encuentro ninguna cita suya pendiente.",
}
_YOURS = {
    "en": "Your next appointment is {day} at {time} with Doctor {doctor}.",
    "es": "Su próxima cita es {day} a las {time} con {doctor}.",
}
_CONFIRM_MOVE = {
    "en": "I would move your appointment to {new_day} at {new_time}. Is that right?",
    "es": "Voy a pasar su cita a {new_day} a las {new_time}. ¿Es correcto?",
}
_MOVED = {
    "en": "Your appointment is moved: it is now {day} at {time} with Doctor {doctor}.",
    "es": "Su cita está cambiada: ahora es {day} a las {time} con {doctor}.",
}
_CONFIRM_CANCEL = {
    "en": "I would cancel your next appointment. Is that right?",
    "es": "Voy a cancelar su próxima cita. ¿Es correcto?",
}
_CANCELLED = {
    "en": "Your appointment {day} at {time} is cancelled.",
    "es": "Su cita {day} a las {time} está cancelada.",
}


@tool(fields=("day", "times"))
async def find_slots(day: str, caller: Caller, doctor: str | None = None) -> dict[str, object]:
    """Find free appointment times on a day. Use it when the caller asks when an appointment is possible.

    Args:
        day: The day wanted for an appointment, such as tomorrow, Monday or 2026-11-30.
        doctor: The doctor wanted, Adams or Rivera, only if the caller names one.
    """
    on = _day(day, caller)
    said = spoken_day(on, caller.language, date.today())
    async with desk.connect() as connection:
        free = [slot for slot in await _free(connection, on) if doctor is None or slot[1].lower() in doctor.lower()]
    if not free:
        return answer(caller.hears(_NONE_FREE).format(day=said), day=on.isoformat(), times=[])
    times = [caller.hears(_AT).format(time=_clock(at.time()), doctor=who) for at, who in free[:_READ_OUT]]
    every = [f"{at:%H:%M} {who}" for at, who in free]
    return answer(caller.hears(_FREE).format(day=said, times=", ".join(times)), day=on.isoformat(), times=every)


@tool(write=True, confirm=_CONFIRM, idempotent=True, fields=("day", "time", "doctor"))
async def book_appointment(
    day: str, time: str, name: str, caller: Caller, reason: str | None = None
) -> dict[str, object]:
    """Book an appointment, for anyone. Not for changing one that is booked.

    Args:
        day: The day of the appointment, such as tomorrow, Monday or 2026-11-30.
        time: The time of the appointment, such as 10:30 or half past two.
        name: The full name of the patient, such as Grace Miller.
        reason: The reason for the visit, in a few words, only if the caller gives one.
    """
    at = _moment(day, time, caller)
    async with desk.connect() as connection:
        if doctor := await _doctor_booked_by(connection, caller.key):
            return _told(_BOOKED, caller, at, doctor)
    for doctor in _DOCTORS:
        try:
            async with desk.connect() as connection:
                await connection.execute(insert(appointments).values(_booking(at, doctor, name, reason, caller)))
        except IntegrityError:  # taken, or this very use came twice
            async with desk.connect() as connection:
                if booked := await _doctor_booked_by(connection, caller.key):
                    return _told(_BOOKED, caller, at, booked)
            continue
        return _told(_BOOKED, caller, at, doctor)
    raise ToolError(caller.hears(_TAKEN))


@tool(level="details", fields=("day", "time", "doctor"))
async def next_appointment(caller: Caller) -> dict[str, object]:
    """Find the patient's own next appointment. The patient must be verified."""
    async with desk.connect() as connection:
        found = await _next_of(connection, caller)
    if found is None:
        return not_found(caller.hears(_NO_APPOINTMENT))
    return _told(_YOURS, caller, found["starts_at"], str(found["doctor"]))


@tool(level="details", write=True, confirm=_CONFIRM_MOVE, idempotent=True, fields=())
async def move_appointment(new_day: str, new_time: str, caller: Caller) -> dict[str, object]:
    """Move (reschedule) the patient's own next appointment to another time. The patient must be verified.

    Args:
        new_day: The new day of the appointment, such as tomorrow, Monday or 2026-11-30.
        new_time: The new time of the appointment, such as 10:30.
    """
    at = _moment(new_day, new_time, caller)

    async def move(connection: AsyncConnection, appointment: RowMapping) -> str:
        free = [doctor for moment, doctor in await _free(connection, at.date()) if moment == at]
        if not free:
            raise ToolError(caller.hears(_TAKEN))
        doctor = str(appointment["doctor"]) if appointment["doctor"] in free else free[0]
        where = {"slot": _slot(doctor, at), "doctor": doctor, "starts_at": at}
        await connection.execute(change(appointments).where(appointments.c.id == appointment["id"]).values(where))
        return str(_told(_MOVED, caller, at, doctor)["message"])

    return await _changed_once("moved", move, caller)


@tool(level="details", write=True, confirm=_CONFIRM_CANCEL, idempotent=True, fields=())
async def cancel_appointment(caller: Caller) -> dict[str, object]:
    """Cancel the patient's own next appointment. The patient must be verified."""

    async def cancel(connection: AsyncConnection, appointment: RowMapping) -> str:
        gone = {"slot": None, "state": "cancelled"}
        await connection.execute(change(appointments).where(appointments.c.id == appointment["id"]).values(gone))
        return str(_told(_CANCELLED, caller, appointment["starts_at"], "")["message"])

    return await _changed_once("cancelled", cancel, caller)


async def _free(connection: AsyncConnection, on: date) -> list[tuple[datetime, str]]:
    """The free times of a day that are still to come, with their doctors."""
    taken = set(
        (await connection.execute(select(appointments.c.slot).where(appointments.c.slot.is_not(None)))).scalars()
    )
    every = [(at, doctor) for at in _times(on) if at > datetime.now() for doctor in _DOCTORS]
    return [(at, doctor) for at, doctor in every if _slot(doctor, at) not in taken]


def _times(on: date) -> Iterator[datetime]:
    for begin, end in _OPEN.get(on.weekday(), ()):
        at = datetime.combine(on, time(begin))
        while at < datetime.combine(on, time(end)):
            yield at
            at += _SLOT


def _slot(doctor: str, at: datetime) -> str:
    return f"{doctor} {at:%Y-%m-%d %H:%M}"


def _booking(at: datetime, doctor: str, name: str, reason: str | None, caller: Caller) -> dict[str, object]:
    return {
        "key": caller.key,
        "call_sid": caller.call_sid,
        "slot": _slot(doctor, at),
        "doctor": doctor,
        "starts_at": at,
        "name": name[:200],
        "patient_id": int(caller.customer) if caller.customer.isdecimal() else None,
        "reason": (reason or "")[:500],
        "state": "booked",
    }


async def _doctor_booked_by(connection: AsyncConnection, key: str) -> str:
    """The doctor of the appointment that this very use of the tool has made; none yet is empty."""
    query = select(appointments.c.doctor).where(appointments.c.key == key)
    return str((await connection.execute(query)).scalar() or "")


async def _next_of(connection: AsyncConnection, caller: Caller) -> RowMapping | None:
    """The next appointment of the patient who was verified: nobody else's is looked at."""
    if not caller.customer.isdecimal():
        return None
    theirs = appointments.c.patient_id == int(caller.customer), appointments.c.state == "booked"
    query = select(appointments).where(*theirs, appointments.c.starts_at > datetime.now())
    return (await connection.execute(query.order_by(appointments.c.starts_at))).mappings().first()


async def _changed_once(what: str, make: Change, caller: Caller) -> dict[str, object]:
    """Change the patient's next appointment; the same use a second time gets the first one's answer."""
    try:
        async with desk.connect() as connection:
            said = await _said_before(connection, caller) or await _changed(connection, what, make, caller)
    except IntegrityError:  # the same use a moment earlier
        async with desk.connect() as connection:
            said = await _said_before(connection, caller)
    return answer(said) if said else not_found(caller.hears(_NO_APPOINTMENT))


async def _said_before(connection: AsyncConnection, caller: Caller) -> str:
    query = select(changes.c.said).where(changes.c.key == caller.key)
    return str((await connection.execute(query)).scalar() or "")


async def _changed(connection: AsyncConnection, what: str, make: Change, caller: Caller) -> str:
    appointment = await _next_of(connection, caller)
    if appointment is None:
        return ""
    said = await make(connection, appointment)
    row = {"key": caller.key, "call_sid": caller.call_sid, "appointment_id": appointment["id"], "what": what}
    await connection.execute(insert(changes).values({**row, "said": said, "at": _now()}))
    return said


def _told(sentences: Mapping[str, str], caller: Caller, at: datetime, doctor: str) -> dict[str, object]:
    day = spoken_day(at.date(), caller.language, date.today())
    said = caller.hears(sentences).format(day=day, time=_clock(at.time()), doctor=doctor)
    return answer(said, day=at.date().isoformat(), time=f"{at:%H:%M}", doctor=doctor)


def _clock(at: time) -> str:
    """A time as it is said: 2:30, 10."""
    hour = (at.hour - 1) % 12 + 1
    return f"{hour}:{at:%M}" if at.minute else f"{hour} o'clock"


def _moment(day: str, said: str, caller: Caller) -> datetime:
    """The time of an appointment that may be booked: on a half hour, open, and to come."""
    on = _day(day, caller)
    digits = heard_digits(re.sub(r"o.?clock", "", said)).zfill(2)
    hour, minute = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
    hour += 12 if hour < 8 else 0  # nobody comes before eight: "two" is in the afternoon
    minute = 30 if re.search(r"half past|y media", said, re.IGNORECASE) else minute
    found = [at for at in _times(on) if (at.hour, at.minute) == (hour, minute) and at > datetime.now()]
    if not found:
        raise ToolError(caller.hears(_TAKEN))
    return found[0]


def _day(said: str, caller: Caller) -> date:
    """The day that was said, which is to come. Raises ToolError when no day was understood."""
    today = date.today()
    on = _written_day(said, today)
    if on is None or not today <= on <= today + timedelta(days=_DAYS_AHEAD):
        raise ToolError(caller.hears(_WHICH_DAY), retryable=True)
    return on


_WEEKDAYS = (
    *("monday|lunes", "tuesday|martes", "wednesday|mi[eé]rcoles", "thursday|jueves", "friday|viernes"),
    *("saturday|s[aá]bado", "sunday|domingo"),
)


def _written_day(said: str, today: date) -> date | None:
    """A day to come as models write it and callers say it: 2026-11-30, tomorrow, next Monday."""
    text = said.lower()
    if found := re.search(r"\d{4}-\d\d-\d\d", text):
        with suppress(ValueError):
            return date.fromisoformat(found[0])
    if found := re.search(r"\b(today|hoy|tomorrow|ma[nñ]ana)\b", text):
        return today + timedelta(days=found[1] not in ("today", "hoy"))
    for weekday, names in enumerate(_WEEKDAYS):
        if re.search(rf"\b(?:{names})\b", text):
            return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    return None


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


async def _first_use(connection: AsyncConnection) -> None:
    """Fill an empty database with the sample, and keep the sample's days to come; leave other tables as they are."""
    names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    if "appointments" not in names:
        await connection.run_sync(tables.create_all)
        await connection.execute(insert(appointments), [_sample_appointment(*row) for row in _BOOKED_ALREADY])
        return
    gone = appointments.c.key.is_(None), appointments.c.state == "booked", appointments.c.starts_at < datetime.now()
    for patient in (await connection.execute(select(appointments.c.patient_id).where(*gone))).scalars().all():
        row = next(row for row in _BOOKED_ALREADY if row[0] == patient)
        place = {name: _sample_appointment(*row)[name] for name in ("slot", "doctor", "starts_at")}
        free = not (await connection.execute(select(appointments.c.id).filter_by(slot=place["slot"]))).first()
        if free:
            theirs = appointments.c.patient_id == patient
            await connection.execute(change(appointments).where(*gone, theirs).values(place))


_NAMES = ("Grace Miller", "Samuel Johnson", "Lucía Torres", "Hannah Taylor")  # from 1, as in clinic_patients.py

# patient, doctor, open days from today, hour, minute
_BOOKED_ALREADY = ((1, "Adams", 4, 9, 30), (2, "Rivera", 2, 10, 0), (3, "Adams", 3, 11, 0), (4, "Rivera", 5, 9, 0))


def _sample_appointment(patient: int, doctor: str, days: int, hour: int, minute: int) -> dict[str, object]:
    open_days = [on for ahead in range(1, 15) if (on := date.today() + timedelta(days=ahead)).weekday() in _OPEN]
    at = datetime.combine(open_days[days - 1], time(hour, minute))
    row = {"slot": _slot(doctor, at), "doctor": doctor, "starts_at": at, "name": _NAMES[patient - 1]}
    return {**row, "patient_id": patient, "reason": "", "state": "booked"}


desk = database("CLINIC_URL", "clinic.db", first_use=_first_use)
