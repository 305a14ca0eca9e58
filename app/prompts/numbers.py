"""Phone numbers of a line: which it answers, and who takes over."""

from collections.abc import Mapping

import phonenumbers

from app.prompts.line import ANY_NUMBER
from app.tomls import Sheet

_EXAMPLE = "+12125550123"


def number_problem(number: str) -> str:
    """What is wrong with a phone number and what to write; empty when it is E.164."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return f'"{number}" is no international number. Write it with + and the country, as "{_EXAMPLE}".'
    right = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if not phonenumbers.is_possible_number(parsed):
        return f'"{number}" has too few or too many digits. Write all of it, as "{_EXAMPLE}".'
    return "" if right == number else f'"{number}" has more than + and digits in it. Write "{right}" instead.'


def read_numbers(sheet: Sheet, name: str, taken: dict[str, str]) -> tuple[str, ...]:
    """The numbers the line ``name`` answers; ``taken`` has those of the lines before it, and gets these."""
    numbers = sheet.texts("numbers")
    if not numbers and "numbers" not in sheet.toml.data:
        sheet.wrong("numbers", f'The line has no number. Write numbers = ["{_EXAMPLE}"], or ["*"] for any number.')
    for number in numbers:
        problem = "" if number == ANY_NUMBER else number_problem(number)
        if problem:
            sheet.wrong("numbers", problem, number)
        elif number in taken:
            problem = f'{number} is answered by the line "{taken[number]}" already. Take it out of one of them.'
            sheet.wrong("numbers", problem, number)
        taken.setdefault(number, name)
    return numbers


# What hands calls off, and when.
_WHEN = {"closed": "when closed", "busy": "when all lines are busy", "unreachable": "when the assistant cannot be had"}


def read_handoff_number(sheet: Sheet, wishes: Mapping[str, str | None]) -> str | None:
    """Who takes the calls that need a person; ``wishes`` has the line's settings that may hand calls off."""
    number = sheet.text("handoff_number")
    if number and number_problem(number):
        sheet.wrong("handoff_number", number_problem(number))
    if not number and "hand_off" in str(sheet.toml.data.get("tools", "")):
        problem = f'The tool hand_off has nobody to pass calls to. Write handoff_number = "{_EXAMPLE}", your own.'
        sheet.wrong("tools", problem, "hand_off")
    for setting in [name for name, wish in wishes.items() if wish == "hand_off" and not number]:
        nobody = f"Nobody is there to take the calls {_WHEN[setting]}."
        sheet.wrong(setting, f'{nobody} Write handoff_number = "{_EXAMPLE}", your own.')
    return number or None
