"""Connected devices: find one, let it check itself, see whether it is recalled, and book a service for it.

Without `DEVICES_URL` it keeps a small SQLite database with sample devices.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, MetaData, String, Table, insert, inspect, select
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.toolkit import Caller, ToolError, answer, database, heard_digits, not_found, spoken_day, tool

tables = MetaData()
devices = Table(
    "devices",
    tables,
    Column("serial", String(20), primary_key=True),
    Column("model", String(100), nullable=False),
    Column("phone", String(20), index=True),
    Column("battery_percent", Integer, nullable=False),
    Column("fault", String(20), nullable=False),  # "" when it is well
    Column("recalled", Boolean, nullable=False),
)
services = Table(
    "services",
    tables,
    Column("id", Integer, primary_key=True),
    Column("key", String(64), nullable=False, unique=True),  # of one use of the tool: the same use again adds nothing
    Column("serial", String(20), nullable=False, unique=True),  # one service is open for a device at a time
    Column("day", Date, nullable=False),
    Column("call_sid", String(64), nullable=False),
    Column("booked_at", DateTime, nullable=False),
)

Workday = Literal["monday", "tuesday", "wednesday", "thursday", "friday"]

_CHECK_S = 3.0  # a device takes its time to answer
_WORKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")

_WAITING = {
    "en": ("One moment, I am asking the device.", "It is still checking itself; a moment more, please."),
    "es": ("Un momento, estoy preguntando al dispositivo.", "Sigue comprobándose; un momento más, por favor."),
}
_FOUND = {
    "en": "I have found it: your {model}, serial number ending in {ending}.",
    "es": "Lo he encontrado: su {model}, con número de serie terminado en {ending}.",
}
_NO_DEVICE = {
    "en": "I can't find that device. The serial number has six digits and is on its back.",
    "es": "No encuentro ese dispositivo. El número de serie tiene seis cifras y está en la parte de atrás.",
}
_WELL = {
    "en": "The check is done: everything is fine, and the battery is at {battery} percent.",
    "es": "La comprobación ha terminado: todo está bien y la batería está al {battery} por ciento.",
}
_FAULTS: Mapping[str, Mapping[str, str]] = {
    "sensor": {
        "en": "The check is done: the sensor does not answer. It needs a service. The battery is at {battery} percent.",
        "es": "He terminado: el sensor no responde y necesita servicio. La batería está al {battery} por ciento.",
    },
    "brake": {
        "en": "The check is done: the brake pads are worn. Please do not ride it before it has had a service.",
        "es": "La comprobación ha terminado: las pastillas de freno están gastadas. No lo use antes de la revisión.",
    },
}
_RECALLED = {
    "en": "Yes, your {model} is part of a recall. The service is free; please don't charge it overnight until then.",
    "es": "Sí, su {model} está en una retirada. La revisión es gratuita; no lo cargue de noche hasta entonces.",
}
_NOT_RECALLED = {
    "en": "No, your {model} is not part of any recall.",
    "es": "No, su {model} no está en ninguna retirada.",
}
_CONFIRM = {
    "en": "I would book a service for the device with serial number {serial} on {day}. Is that right?",
    "es": "Voy a reservar una revisión del dispositivo con número de serie {serial}, día {day}. ¿Es correcto?",
}
_BOOKED = {
    "en": "The service is booked {day}. Please bring the device before noon.",
    "es": "La revisión está reservada {day}. Traiga el dispositivo antes del mediodía.",
}
_NOT_BOOKED = {
    "en": "A service is booked for that device already, {day}.",
    "es": "Ya hay una revisión reservada para ese dispositivo, {day}.",
}


@tool(fields=("serial", "model"))
async def find_device(caller: Caller, serial: str | None = None) -> dict[str, object]:
    """Find the caller's device, by its serial number or by the phone the caller calls from.

    Args:
        serial: The serial number of the device, six digits, such as 204418, only if the caller gives it.
    """
    if serial is not None:
        found = await _device(serial)
    else:
        async with desk.connect() as connection:
            query = select(devices).where(devices.c.phone == caller.number)
            found = (await connection.execute(query)).mappings().first()
    if found is None:
        return not_found(caller.hears(_NO_DEVICE))
    ending = " ".join(str(found["serial"])[-3:])
    said = caller.hears(_FOUND).format(model=found["model"], ending=ending)
    return answer(said, serial=found["serial"], model=found["model"])


@tool(timeout_s=10, waiting=_WAITING, retries=1, fields=("battery_percent", "fault"))
async def run_check(serial: str, caller: Caller) -> dict[str, object]:
    """Let a device check itself: diagnose what is wrong with it. Takes some seconds.

    Args:
        serial: The serial number of the device, six digits, such as 204418.
    """
    device = await _device(serial)
    if device is None:
        return not_found(caller.hears(_NO_DEVICE))
    await asyncio.sleep(_CHECK_S)
    sentence = caller.hears(_FAULTS.get(str(device["fault"]), _WELL))
    said = sentence.format(battery=device["battery_percent"])
    return answer(said, battery_percent=device["battery_percent"], fault=device["fault"] or "none")


@tool(fields=("recalled",))
async def recall_state(serial: str, caller: Caller) -> dict[str, object]:
    """Find out whether a device is recalled by its maker.

    Args:
        serial: The serial number of the device, six digits, such as 204418.
    """
    device = await _device(serial)
    if device is None:
        return not_found(caller.hears(_NO_DEVICE))
    sentence = caller.hears(_RECALLED if device["recalled"] else _NOT_RECALLED)
    return answer(sentence.format(model=device["model"]), recalled=device["recalled"])


@tool(timeout_s=1.5, write=True, confirm=_CONFIRM, idempotent=True, fields=("day",))
async def book_service(serial: str, day: Workday, caller: Caller) -> dict[str, object]:
    """Book a service (repair, maintenance) for a device in the workshop.

    Args:
        serial: The serial number of the device, six digits, such as 204418.
        day: The weekday of the service, from Monday to Friday.
    """
    device = await _device(serial)
    if device is None:
        return not_found(caller.hears(_NO_DEVICE))
    wanted = _next(day, date.today())
    booked = await _service_of(str(device["serial"]), wanted, caller)
    said = spoken_day(booked["day"], caller.language, date.today())
    if booked["key"] != caller.key:
        raise ToolError(caller.hears(_NOT_BOOKED).format(day=said))
    return answer(caller.hears(_BOOKED).format(day=said), day=booked["day"].isoformat())


async def _device(serial: str) -> RowMapping | None:
    query = select(devices).where(devices.c.serial == heard_digits(serial))
    async with desk.connect() as connection:
        return (await connection.execute(query)).mappings().first()


def _next(weekday: str, today: date) -> date:
    """The next such weekday after today."""
    return today + timedelta(days=(_WORKDAYS.index(weekday) - today.weekday() - 1) % 7 + 1)


async def _service_of(serial: str, day: date, caller: Caller) -> RowMapping:
    """The service that is open for a device: this one, or an earlier one."""
    row = {"key": caller.key, "serial": serial, "day": day, "call_sid": caller.call_sid, "booked_at": _now()}
    try:
        async with desk.connect() as connection:
            await connection.execute(insert(services).values(row))
    except IntegrityError:  # this very use came before, or another call's
        pass
    async with desk.connect() as connection:
        return (await connection.execute(select(services).where(services.c.serial == serial))).mappings().one()


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


async def _first_use(connection: AsyncConnection) -> None:
    """Fill an empty database with the sample; leave one that has tables as it is."""
    names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    if "devices" in names:
        return
    await connection.run_sync(tables.create_all)
    await connection.execute(insert(devices), [dict(zip(_COLUMNS, row, strict=True)) for row in _DEVICES])


_COLUMNS = ("serial", "model", "phone", "battery_percent", "fault", "recalled")
_DEVICES = (
    ("204418", "Trailblazer electric bike", "+12025550143", 62, "brake", False),
    ("318827", "Pulse watch", "+12125550123", 88, "sensor", False),
    ("550316", "Metro scooter", "+13125550181", 41, "", True),
    ("640925", "Pulse watch", "+13055550164", 97, "", False),
)

desk = database("DEVICES_URL", "devices.db", first_use=_first_use)
