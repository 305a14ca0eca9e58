"""Checks a tool's options, wherever they are written: which one is wrong, and what to write instead."""

import re
import string
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import get_args

from app.edits import listed
from app.toolkit.declare import LEVELS, Options, Scheduling

LONGEST_S = 60
MOST_RETRIES = 3

# Whose something is comes from the call: an argument for it would be believed without proof.
_CLAIMS = re.compile(
    r"(?:the_)?(?:customer|client|user|member|patient|guest|player|subscriber|owner|caller|account_holder|card_?holder)"
    r"(?:_(?:id|number|no|name|key|ref|reference))?|identity|identity_level|verified|is_verified|authenticated",
)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_SCHEDULINGS: tuple[str, ...] = get_args(Scheduling)

Problem = tuple[str, str]


def option_problem(options: Options, arguments: Collection[str]) -> Problem | None:
    """The first wrong option and the sentence for it; ``arguments`` are those that the model gives."""
    checks: tuple[Callable[[Options, Collection[str]], Iterator[Problem]], ...] = (
        _of_time,
        _of_switches,
        _of_identity,
        _of_writes,
        _of_confirm,
        _of_waiting,
        _of_answers,
    )
    return next((problem for check in checks for problem in check(options, arguments)), None)


def claimed_argument(options: Options, arguments: Collection[str]) -> Problem | None:
    """An argument by which the model would say whose it is, and the sentence for it."""
    if options.level == "none":
        return None
    for name in arguments:
        if _CLAIMS.fullmatch(name.casefold()):
            return name, f"The argument {name} would be believed: whose it is comes from the call. Use caller.customer."
    return None


def _of_time(options: Options, arguments: Collection[str]) -> Iterator[Problem]:
    limit_s = options.timeout_s
    if isinstance(limit_s, bool) or not isinstance(limit_s, int | float) or not 0 < limit_s <= LONGEST_S:
        yield "timeout_s", f"timeout_s={limit_s!r} is no time limit. Write seconds above 0, up to {LONGEST_S}."


def _of_switches(options: Options, arguments: Collection[str]) -> Iterator[Problem]:
    for option in ("filler", "blocking", "write", "idempotent"):
        value = getattr(options, option)
        if not isinstance(value, bool):
            yield option, f"{option}={value!r} is neither. Write {option}=True or {option}=False."


def _of_identity(options: Options, arguments: Collection[str]) -> Iterator[Problem]:
    if options.level not in LEVELS:
        yield "level", f"level={options.level!r} is no level. Write {listed(LEVELS)}."
    if options.identifies is None:
        return
    if options.identifies != "details":
        said = "Write identifies='details'; a code is what check_code of the house is for."
        yield "identifies", f"identifies={options.identifies!r} cannot be reached by a tool. {said}"
    if options.level != "none":
        yield "level", "A tool that identifies cannot need a level before. Take level out, or identifies."
    if options.write:
        yield "write", "A tool that identifies changes nothing. Take write out, or identifies."


def _of_writes(options: Options, arguments: Collection[str]) -> Iterator[Problem]:
    retries = options.retries
    if isinstance(retries, bool) or not isinstance(retries, int) or not 0 <= retries <= MOST_RETRIES:
        yield "retries", f"retries={retries!r} is no number of tries. Write a whole number from 0 to {MOST_RETRIES}."
        return
    if retries and options.write and not options.idempotent:
        said = "Take retries out, or write idempotent=True if the same caller.key never does it twice."
        yield "retries", f"A write must not be begun again: it could be done twice. {said}"
    if retries and options.identifies:
        yield "retries", "A tool that identifies is not begun again. Take retries out."


def _of_confirm(options: Options, arguments: Collection[str]) -> Iterator[Problem]:
    if options.confirm is None:
        return
    if not options.write:
        yield (
            "confirm",
            "Only what changes something is read back first. Write write=True with it, or take confirm out.",
        )
    if not _by_language(options.confirm) or not all(isinstance(text, str) for text in options.confirm.values()):
        yield "confirm", 'confirm is a sentence by language. Write confirm={"en": "I will ... Is that right?"}.'
        return
    for language, text in options.confirm.items():
        wrong = _wrong_sentence(text, arguments)
        if wrong:
            yield "confirm", f"confirm, {language}: {wrong}"


def _wrong_sentence(text: str, arguments: Collection[str]) -> str:
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError as error:
        return f"The braces do not match ({error}). Write {{argument}}, and {{{{ for a brace."
    if not text.strip():
        return "There is no sentence. Write what the caller is asked."
    for _, name, form, conversion in parts:
        if name is not None and (name not in arguments or form or conversion):
            known = listed(f"{{{argument}}}" for argument in arguments)
            return f"{{{name}}} is no argument. " + (f"Write {known}." if known else "Take it out.")
    return ""


def _of_waiting(options: Options, arguments: Collection[str]) -> Iterator[Problem]:
    if options.waiting is None:
        return
    remedy = 'Write waiting={"en": ("One moment, I am looking.", "Still looking.")}.'
    if not _by_language(options.waiting):
        yield "waiting", f"waiting is sentences by language. {remedy}"
        return
    for language, sentences in options.waiting.items():
        if not isinstance(sentences, tuple | list) or not sentences or not all(map(_is_text, sentences)):
            yield "waiting", f"waiting, {language}: one sentence or several are wanted, in brackets. {remedy}"
    if not options.filler:
        yield "waiting", "waiting is what the caller hears instead of silence. Take filler=False out, or waiting."


def _of_answers(options: Options, arguments: Collection[str]) -> Iterator[Problem]:
    fields: object = options.fields
    if fields is not None and not (isinstance(fields, tuple) and all(map(_is_text, fields))):
        yield "fields", f'fields={fields!r} is no list of names. Write fields=("state", "day"), or fields=("state",).'
    if options.scheduling is not None and options.scheduling not in _SCHEDULINGS:
        yield "scheduling", f"scheduling={options.scheduling!r} is unknown. Write {listed(_SCHEDULINGS)}."


def _by_language(value: object) -> bool:
    return (
        isinstance(value, Mapping)
        and bool(value)
        and all(isinstance(tag, str) and _LANGUAGE.fullmatch(tag) for tag in value)
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
