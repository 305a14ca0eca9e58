"""A tool's arguments from a caller's words: numbers, names, days, choices, and the words themselves. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.rehearsal.dates import day_in, time_in, without_when
from app.rehearsal.declared import Param, Tool
from app.rehearsal.intents import affirms, denies, intent_of
from app.rehearsal.matching import plain, tokens
from app.rehearsal.wording import join_digits

_TEXT = re.compile(
    r"(?:^|_)(?:reason|details?|notes?|description|question|text|message|topic|summary|problem|symptoms?|complaint|"
    r"query|subject|title|what|comments?|issue|words|content|body|why|remark)(?:_|$)"
)
_NUMBER = re.compile(
    r"\b(?:number|digits?|code|pin|id|account|phone|amount|postcode|postal|zip|serial|reference|tag|iban)\b", re.I
)
_LETTERED = re.compile(r"\b(?:id|serial|reference|tag|letters?|player|device|customer)\b", re.I)
_POSTCODE = re.compile(r"\b(?:post ?code|postal|zip)\b", re.I)
_BRITISH_POSTCODE = re.compile(r"\b([A-Z]{1,2}\d[A-Z\d]?)\s*(\d[A-Z]{2})\b", re.I)
_BIRTH = re.compile(r"birth|born", re.I)
_LENGTH = re.compile(r"\b(\d+|two|three|four|five|six|seven|eight|nine|ten)[- ](?:digits?|figures?|numbers)\b", re.I)
_EXAMPLE = re.compile(r"(?:such as|like|e\.g\.|for example)\s+[\"'`]?([A-Z]{1,4})(-?)\d{2,}", re.I)
_CODE = re.compile(r"\b([A-Za-z]{1,4})[- ]?(\d{2,})\b")
_NO_CODE = frozenset(
    word
    for words in (
        "is no my of it on to at by the and for was has are a an number order case ticket code card than over from in",
        "es un el de la le du",
    )
    for word in words.split()
)
_NAMED = re.compile(
    r"\b(?i:my name is|my name's|name is|i am called|i'm called|this is|i'm|i am|me llamo|mi nombre es|soy|"
    r"je m'appelle|mon nom est|je suis|ich hei(?:ß|ss)e|mein name ist|mi chiamo)\s+"
    r"((?:[A-ZÀ-Ý][\w'-]+)(?:\s+[A-ZÀ-Ý][\w'-]+){0,2})"
)
_LEAD_IN = re.compile(
    r"^\W*(?:(?:well|um|uh|oh|yes|yeah|ok|okay|sure|so|it'?s|it is|that'?s|that is|i think|"
    r"(?:my|the|your|our) (?:\w+ ){1,4}is|the|es|c'est|das ist)\b[\s,]*)+",
    re.I,
)
_COUNTS = {
    word: n
    for n, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )
}
_CUE_WORDS = 5  # so close to a number stand the words that say what it is
_WHOLE_WORDS = 8  # an answer of more words is a story


@dataclass(frozen=True, slots=True)
class _Number:
    value: str
    before: frozenset[str]
    after: frozenset[str]


def kind_of(param: Param) -> str:
    """What an argument is: choice, flag, moment, day, time, name, number, count, text or words."""
    name, about = param.name.lower(), f"{param.name.replace('_', ' ')} {param.description}"
    plain_kinds = (
        ("choice", bool(param.choices)),
        ("flag", param.kind == "boolean"),
        ("moment", param.form == "date-time" or bool(re.search(r"YYYY-MM-DD[T ]HH", about))),
        (
            "day",
            param.form == "date"
            or "YYYY-MM-DD" in about
            or bool(re.search(r"(?:^|_)(?:day|date|birth|born)(?:_|$)", name)),
        ),
        ("time", "HH:MM" in about or bool(re.search(r"(?:^|_)(?:time|hour|clock)(?:_|$)", name))),
        ("name", bool(re.search(r"(?:^|_|sur|last)name(?:_|$)", name))),
        ("text", bool(_TEXT.search(name)) and not re.search(r"digits?|number", about, re.I)),
        ("number", bool(_NUMBER.search(about.partition(".")[0])) and param.kind not in ("integer", "number")),
        ("count", param.kind in ("integer", "number")),
    )
    return next((kind for kind, is_it in plain_kinds if is_it), "words")


def filled(tool: Tool, said: Sequence[str], known: Mapping[str, object], today: date | None) -> dict[str, object]:
    """What the caller's sentences (the newest last) and what is known of them give for a tool's arguments."""
    args: dict[str, object] = {}
    for age, sentence in enumerate(reversed(said)):
        newest = age == 0
        params = [tool.param(name) for name in tool.params if name not in args]
        found = {param.name: _found(param, sentence, today) for param in params}
        args |= {name: value for name, value in found.items() if value is not None}
        args |= _numbers(tool, sentence, args, newest)
        args |= _own_words(tool, sentence, args) if newest else {}
        args = {name: known[name] for name in tool.params if name in known} | args if newest else args
    return args


def answer_to(param: Param, text: str, today: date | None) -> object | None:
    """The value in a caller's answer to the question for this one argument."""
    kind = kind_of(param)
    if kind == "number":
        values = [each.value for each in _numbers_in(text, param)]
        values = values[::-1] if "last" in param.description.lower() else values
        return next((value for value in values if _fits(value, param)), _loose(values, param))
    if kind == "count":
        return _count(text, param)
    if kind == "name" and (affirms(text) or denies(text)) and not _NAMED.search(text):
        return None
    if kind == "flag":
        return {"yes": True, "no": False}.get(intent_of(text))
    found = _found(param, text, today)
    if found is not None or kind in ("choice", "day", "time", "moment"):
        return found
    return _whole(text)


def missing(tool: Tool, args: Mapping[str, object]) -> str:
    """The first required argument that is still to be asked for, empty if there is none."""
    return next((name for name in tool.params if name in tool.required and name not in args), "")


def _found(param: Param, sentence: str, today: date | None) -> object | None:
    """What any sentence of the caller may tell of an argument, old or new."""
    kind = kind_of(param)
    if kind == "choice":
        return _choice(param, sentence)
    if kind == "name":
        return _name(param, sentence)
    if kind in ("day", "time", "moment"):
        return _when(kind, param, sentence, today)
    cued = kind == "count" and tokens(param.name.replace("_", " ")) & tokens(sentence)
    return _count(without_when(sentence), param) if cued else None


def _own_words(tool: Tool, sentence: str, args: Mapping[str, object]) -> dict[str, object]:
    """The sentence itself, for what is to be in the caller's words, if it says more than which tool is wanted."""
    wish = tokens(f"{tool.name.replace('_', ' ')} please order want open start make")
    if len(tokens(sentence) - wish) < 2:
        return {}
    texts = [name for name in tool.params if name not in args and kind_of(tool.param(name)) == "text"]
    return {name: sentence for name in texts if name in tool.required}


def _choice(param: Param, sentence: str) -> str | None:
    """The choice whose words are said; longer ones before shorter ones."""
    words, things = [" ", *re.findall(r"\w+", plain(sentence)), " "], tokens(sentence)
    said = " ".join(words)
    for choice in sorted(param.choices, key=len, reverse=True):
        if f" {re.sub('[_-]', ' ', plain(choice))} " in said:
            return choice
    counted = [(len(things & tokens(choice.replace("_", " "))), choice) for choice in param.choices]
    most, choice = max(counted, key=lambda each: each[0])
    return choice if most else None


def _when(kind: str, param: Param, sentence: str, today: date | None) -> str | None:
    day, time = day_in(sentence, today), time_in(sentence)
    if kind == "moment":
        return f"{day.iso}T{time.iso}" if day and time and day.iso else None
    found = day if kind == "day" else time
    birth = _BIRTH.search(f"{param.name} {param.description}") is not None
    if found is None or (kind == "day" and birth != bool(re.search(r"\b(?:19|20)\d\d\b", found.said))):
        return None  # of days only one of birth is said with its year
    return found.iso if found.iso and _in_figures(param) else found.said


def _in_figures(param: Param) -> bool:
    """Is a day or a time wanted as 1984-05-17 or 10:30? Not where the description has words for an example, too."""
    if param.form in ("date", "time") or "\\d" in param.pattern or re.search(r"\d\d?:\d\d|HH:MM", param.description):
        return True
    wanted = re.search(r"YYYY|ISO|\d{4}-\d\d-\d\d", param.description)
    return wanted is not None and re.search(r"\btomorrow\b|day\b,", param.description) is None


def _name(param: Param, text: str) -> str | None:
    match = _NAMED.search(text.replace("’", "'")) or re.search(
        r"(?i:\bname(?:'s| is)|\bcalled|\bthis is)\s+(\w+(?: \w+)?)", text
    )
    if match is None:
        return None
    words = match.group(1).split()
    if re.search(r"surname|last_?name|family", param.name):
        return words[-1]
    return words[0] if "first" in param.name else " ".join(words)


def _whole(text: str) -> str | None:
    answer = _LEAD_IN.sub("", text).strip(" .,!?¿¡")
    return answer or None


def _count(text: str, param: Param) -> object | None:
    joined = join_digits(text)
    words = [*re.findall(r"\d+(?:\.\d+)?", joined), *(str(_COUNTS[w]) for w in plain(text).split() if w in _COUNTS)]
    if not words:
        return None
    return int(float(words[0])) if param.kind == "integer" else float(words[0])


# ---- numbers


def _numbers(tool: Tool, sentence: str, args: Mapping[str, object], newest: bool) -> dict[str, object]:
    """Each number of a sentence for the argument that the words around it name, or else for the only one open."""
    found: dict[str, object] = {}
    open_params = [tool.param(name) for name in tool.params if name not in args]
    wanting = [param for param in open_params if kind_of(param) == "number"]
    timed = any(kind_of(tool.param(name)) in ("day", "time", "moment") for name in tool.params)
    text = without_when(sentence) if timed else sentence
    offers = [
        (_cued(number, param), -order, param, number)
        for order, param in enumerate(wanting)
        for number in _numbers_in(text, param)
        if _fits(number.value, param)
    ]
    taken = {str(value) for value in args.values()}  # one number is not two things
    for cue, _, param, number in sorted(offers, key=lambda each: (-each[0], -each[1])):
        alone = newest and (len(wanting) == 1 or cue >= 0)
        if param.name in found or number.value in taken or not (cue > 0 or alone):
            continue
        found[param.name] = number.value
        taken.add(number.value)
    return found


def _numbers_in(text: str, param: Param) -> list[_Number]:
    about = f"{param.name.replace('_', ' ')} {param.description}"
    joined = join_digits(text)
    found: list[_Number] = []
    if _POSTCODE.search(about):
        found = [_number(joined, m, f"{m[1]} {m[2]}".upper()) for m in _BRITISH_POSTCODE.finditer(joined)]
    example = _EXAMPLE.search(param.description)
    if not found and (example or _LETTERED.search(about)):
        dash = example.group(2) if example else "-"
        spelled = re.sub(r"\b([A-Za-z])[. ]+(?=[A-Za-z]\b)", r"\1", joined)
        codes = [m for m in _CODE.finditer(spelled) if m[1].lower() not in _NO_CODE]
        found = [_number(spelled, m, f"{m[1].upper()}{dash}{m[2]}") for m in codes]
    return found or [_number(joined, m, m.group()) for m in re.finditer(r"\d+", joined)]


def _number(text: str, match: re.Match[str], value: str) -> _Number:
    before = " ".join(re.findall(r"\w+", text[: match.start()])[-_CUE_WORDS:])
    after = " ".join(re.findall(r"\w+", text[match.end() :])[:2])
    return _Number(value, frozenset(tokens(before)), frozenset(tokens(after)))


def _cued(number: _Number, param: Param) -> int:
    """How much the words beside a number speak of this argument."""
    cues = tokens(f"{param.name.replace('_', ' ')} {re.split('[.,;:]', param.description)[0]}")
    if _POSTCODE.search(f"{param.name} {param.description}".replace("_", " ")):
        cues |= tokens("zip postcode postal code área")
    return 2 * len(cues & number.before) + len(cues & number.after)


def _fits(value: str, param: Param) -> bool:
    """Is it as long, and of the shape, that the argument's schema says?"""
    if param.pattern:
        try:
            return re.search(param.pattern, value) is not None
        except re.error:
            return True
    wanted = _length(param)
    digits = sum(letter.isdigit() for letter in value)
    return digits == wanted if wanted else digits >= 2


def _loose(values: Sequence[str], param: Param) -> str | None:
    """A number that was asked for, though it does not look right: the last digits of a long one, or all of it."""
    if not values:
        return None
    wanted = _length(param)
    longest = max(values, key=len)
    return longest[-wanted:] if wanted and len(longest) > wanted and "last" in param.description.lower() else longest


def _length(param: Param) -> int:
    match = _LENGTH.search(param.description)
    if match is None:
        return 0
    return int(match[1]) if match[1].isdigit() else _COUNTS[match[1].lower()]
