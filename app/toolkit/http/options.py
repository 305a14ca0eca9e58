"""How an HTTP tool is run, as its file says it: the same options that a Python tool has."""

import re
from collections.abc import Iterable
from typing import cast, get_args

from app.edits import listed, meant
from app.tomls import Sheet
from app.toolkit.declare import LEVELS, Level, Options, Scheduling
from app.toolkit.http.answers import Wordings
from app.toolkit.http.client import LONGEST_S
from app.toolkit.http.languages import language_problem
from app.toolkit.options import MOST_RETRIES, claimed_argument

SCHEDULING: tuple[Scheduling, ...] = get_args(Scheduling)
KEYS = (
    *("timeout_s", "filler", "blocking", "level", "write", "confirm", "idempotent", "retries", "waiting", "fields"),
    "scheduling",
)
HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_PLACE = re.compile(r"\{([^{}]*)\}")
_CHANGING = ("PUT", "PATCH", "DELETE")


def read_options(sheet: Sheet, method: str, arguments: Iterable[str]) -> tuple[Options, str]:
    """The options, and the header that carries the idempotency key."""
    write = _write(sheet, method)
    idempotent, header = _idempotent(sheet)
    options = Options(
        timeout_s=sheet.number("timeout_s", LONGEST_S, 0.5, LONGEST_S),
        filler=sheet.flag("filler") is not False,
        blocking=sheet.flag("blocking") is True,
        level=cast(Level, sheet.choice("level", LEVELS)),
        write=write,
        confirm=_confirm(sheet, write, tuple(arguments)),
        idempotent=idempotent,
        retries=_retries(sheet, write, idempotent),
        waiting=read_sentences(sheet, "waiting") or None,
        fields=sheet.texts("fields") if "fields" in sheet.data else None,
        scheduling=_scheduling(sheet),
    )
    claimed = claimed_argument(options, tuple(arguments))
    if claimed:
        sheet.wrong(f"parameters.{claimed[0]}", claimed[1])
    return options, header


def read_sentences(sheet: Sheet, key: str, names: Iterable[str] | None = None) -> Wordings:
    """``key.en = "..."``, or several in a list; ``names`` are the placeholders they may have, None for none at all."""
    table = sheet.table(key)
    known = tuple(names or ())
    sentences: dict[str, tuple[str, ...]] = {}
    for tag, written in table.data.items():
        texts = [written] if isinstance(written, str) else written
        problem = language_problem(tag)
        if problem:
            table.wrong(tag, problem)
        elif not isinstance(texts, list) or not texts or not all(isinstance(text, str) and text for text in texts):
            table.wrong(tag, f'{tag} must be a text. Write {tag} = "...", or a list of texts.')
        else:
            _check_places(table, tag, texts, known)
            sentences[tag] = tuple(texts)
    return sentences


def _check_places(sheet: Sheet, tag: str, texts: list[str], known: tuple[str, ...]) -> None:
    for place in (place for text in texts for place in _PLACE.findall(text)):
        name, _, form = place.partition(":")
        if name not in known:
            sheet.wrong(tag, f"{{{place}}} is not known here. {meant(name, known)}")
        elif form not in ("", "day", "digits"):
            sheet.wrong(tag, f"{{{place}}} cannot be said. Write {{{name}}}, {{{name}:day}} or {{{name}:digits}}.")


def _scheduling(sheet: Sheet) -> Scheduling | None:
    return cast(Scheduling, sheet.choice("scheduling", SCHEDULING)) if "scheduling" in sheet.data else None


def _write(sheet: Sheet, method: str) -> bool:
    write = sheet.flag("write")
    if method in _CHANGING and write is not True:
        sheet.wrong("method" if write is None else "write", f"{method} changes something. Write write = true.")
    if method == "POST" and write is None:
        sheet.wrong("method", "Does this POST change something? Write write = true, or write = false for a question.")
    return write is True


def _confirm(sheet: Sheet, write: bool, arguments: tuple[str, ...]) -> dict[str, str] | None:
    if "confirm" not in sheet.data:
        return None
    if not write:
        sheet.wrong("confirm", "Only what changes something is confirmed. Write write = true, or take confirm out.")
    table = sheet.table("confirm")
    for tag, text in table.data.items():
        problem = language_problem(tag)
        if problem or not isinstance(text, str):
            told = 'Write the question by language: confirm.en = "Shall I send {number} back?"'
            table.wrong(tag, f"{problem} {told}".strip())
            continue
        for name in _PLACE.findall(text):
            if name not in arguments:
                table.wrong(tag, f"{{{name}}} is no argument. {meant(name, arguments)}")
    return {tag: str(text) for tag, text in table.data.items()}


def _idempotent(sheet: Sheet) -> tuple[bool, str]:
    written = sheet.data.get("idempotent", False)
    if isinstance(written, bool):
        return written, ""
    if isinstance(written, str) and HEADER.fullmatch(written):
        return True, written
    sheet.wrong("idempotent", f"Write the header that carries the key, {listed(['Idempotency-Key'])}, or true.")
    return False, ""


def _retries(sheet: Sheet, write: bool, idempotent: bool) -> int:
    retries = sheet.number("retries", 0.0, 0, MOST_RETRIES)
    if retries and write and not idempotent:
        remedy = 'Take retries out, or write idempotent = "Idempotency-Key" if the service knows that header.'
        sheet.wrong("retries", f"A write must not be begun again: it could be done twice. {remedy}")
    if not retries.is_integer():
        sheet.wrong("retries", "retries is a whole number. Write 1.")
    return int(retries)
