"""The clinic's patients: which of them is calling. Needed before anything about an appointment is said or changed.

Without `CLINIC_PATIENTS_URL` it keeps a small SQLite database with sample patients.
"""

import re
import unicodedata
from datetime import date

from sqlalchemy import Column, Date, Integer, MetaData, String, Table, insert, inspect, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.toolkit import Caller, database, heard_digits, identified, not_identified, tool

tables = MetaData()
patients = Table(
    "patients",
    tables,
    Column("id", Integer, primary_key=True),
    Column("first_name", String(100), nullable=False),
    Column("surname", String(100), nullable=False),
    Column("birth_date", Date, nullable=False, index=True),
    Column("phone", String(20)),
)

_VERIFIED = {"en": "Thank you, I have found your file.", "es": "Gracias, he encontrado su ficha."}

_MONTHS = (
    *("jan|enero", "feb", "mar", "apr|abr", "may", "jun"),
    *("jul", "aug|ago", "sep", "oct", "nov", "dec|dic"),
)
_ORDINALS = (  # what they end in → what the number ends in
    *((r"\bfirst", "one"), (r"\bsecond", "two"), (r"\bthird", "three"), (r"\bfifth", "five"), (r"\beighth", "eight")),
    *((r"\bninth", "nine"), (r"twelfth", "twelve"), (r"ieth\b", "y"), (r"(?<=[a-z])th\b", "")),
)


@tool(identifies="details", fields=())
async def verify_patient(born_on: str, surname: str, caller: Caller) -> object:
    """Verify which patient is calling. Needed before an appointment is looked up, moved, changed or cancelled.

    Args:
        born_on: The date of birth of the patient, such as 1984-05-17.
        surname: The surname of the patient, such as Miller.
    """
    query = select(patients).where(patients.c.birth_date == _birth_date(born_on))
    async with desk.connect() as connection:
        found = (await connection.execute(query)).mappings().all()
    said = _letters(surname)
    known = [patient for patient in found if said in _names(str(patient["first_name"]), str(patient["surname"]))]
    if len(known) != 1:
        return not_identified()
    return identified(known[0]["id"], caller.hears(_VERIFIED), phone=known[0]["phone"])


def _names(first_name: str, surname: str) -> tuple[str, ...]:
    """What a patient may be called in full; anything more is a list of guesses."""
    return _letters(surname), _letters(first_name + surname), _letters(surname + first_name)


def _birth_date(said: str) -> date | None:
    """A date as models write it and callers say it: 1984-05-17, 5/17/1984, May 17th 1984, the tenth of June 1990."""
    for pattern, order in ((r"(\d{4})-(\d\d?)-(\d\d?)", (1, 2, 3)), (r"(\d\d?)/(\d\d?)/(\d{4})", (3, 1, 2))):
        if found := re.search(pattern, said):
            return _real_date(*(int(found[place]) for place in order))
    text = said.lower()
    month = next((number for number, name in enumerate(_MONTHS, 1) if re.search(rf"\b(?:{name})", text)), None)
    for ending, number in _ORDINALS:
        text = re.sub(ending, number, text)
    words = (word for word in re.findall(r"[^\W_]+", text) if word not in ("the", "of", "de", "del"))
    digits = heard_digits(" ".join(word for word in words if not re.match("|".join(_MONTHS), word)))
    return _real_date(int(digits[-4:]), month, int(digits[:-4])) if month and len(digits) in (5, 6) else None


def _real_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _letters(word: str) -> str:
    """Without case, accents and signs: names are heard, not read."""
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(character for character in plain if character.isalpha())


async def _first_use(connection: AsyncConnection) -> None:
    """Fill an empty database with the sample; leave one that has tables as it is."""
    names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    if "patients" in names:
        return
    await connection.run_sync(tables.create_all)
    await connection.execute(insert(patients), [dict(zip(_COLUMNS, row, strict=True)) for row in _PATIENTS])


_COLUMNS = ("id", "first_name", "surname", "birth_date", "phone")
_PATIENTS = (
    (1, "Grace", "Miller", date(1984, 5, 17), "+12025550143"),
    (2, "Samuel", "Johnson", date(1971, 2, 3), "+12125550161"),
    (3, "Lucía", "Torres", date(1990, 8, 21), "+13055550172"),
    (4, "Hannah", "Taylor", date(1991, 6, 12), "+14155550135"),
)

desk = database("CLINIC_PATIENTS_URL", "clinic_patients.db", first_use=_first_use)
