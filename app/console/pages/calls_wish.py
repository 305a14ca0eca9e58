"""Which calls a list's address asks for: every filter is in it, so that a list is a link."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode

from app.console.reading import figure
from app.store.search import Key, Wanted

TEXTS: Final = ("words", "line", "language", "disposition", "ended_by", "version", "caller", "flag", "tag", "tool")
NUMBERS: Final = ("longer", "shorter", "gap", "cost", "score", "took")
DAYS: Final = ("since", "until")
ALL: Final = (*TEXTS, *NUMBERS, *DAYS, "errors")
LARGEST_FIGURE: Final = 1_000_000.0
FIRST_YEAR, LAST_YEAR = 1900, 2999
_SID = re.compile(r"CA[0-9a-zA-Z_-]{6,62}")
_NUMBER = re.compile(r"\+?[\d\s().-]{7,20}")


@dataclass(frozen=True, slots=True)
class Wish:
    """The filters as they were written, those that say nothing left out; ``problem`` names one that cannot be read."""

    given: Mapping[str, str]
    wanted: Wanted
    problem: str = ""

    @property
    def address(self) -> str:
        """The query of this list."""
        return urlencode(self.given)

    @property
    def told(self) -> str:
        """The query as it may stay on record for good: without words of callers, and without their numbers."""
        return urlencode({name: "…" if name in ("words", "caller") else value for name, value in self.given.items()})

    def at(self, name: str) -> str:
        return self.given.get(name, "")

    def without(self, name: str) -> str:
        return urlencode({key: value for key, value in self.given.items() if key != name})

    def after(self, key: Key | None) -> str:
        """The query of the page behind this one."""
        return "" if key is None else urlencode({**self.given, "after": f"{key.started_at.isoformat()}|{key.call_sid}"})

    @property
    def call_sid(self) -> str:
        """The one call that was asked for by its CallSid."""
        words = self.at("words").strip()
        return words if _SID.fullmatch(words) else ""


def wish_of(query: Mapping[str, str]) -> Wish:
    """Read an address."""
    given = {name: query[name].strip() for name in ALL if query.get(name, "").strip()}
    texts = {name: given.get(name, "") for name in TEXTS}
    if _NUMBER.fullmatch(texts["words"]):
        texts |= {"words": "", "caller": "+" + re.sub(r"\D", "", texts["words"])}
    try:
        numbers: dict[str, float] = {name: figure(given[name], LARGEST_FIGURE) for name in NUMBERS if name in given}
        days: dict[str, datetime] = {name: _day(given[name]) for name in DAYS if name in given}
    except ValueError:
        return Wish(given, _wanted(texts, {}, {}, errors=False), "calls.unreadable")
    return Wish(given, _wanted(texts, numbers, days, errors="errors" in given))


def _wanted(
    texts: Mapping[str, str], numbers: Mapping[str, float], days: Mapping[str, datetime], *, errors: bool
) -> Wanted:
    until = days.get("until")
    return Wanted(
        line=texts["line"],
        language=texts["language"],
        disposition=texts["disposition"],
        ended_by=texts["ended_by"],
        version=texts["version"],
        caller=texts["caller"],
        flag=texts["flag"],
        tag=texts["tag"],
        tool=texts["tool"],
        words=texts["words"],
        since=days.get("since"),
        until=until + timedelta(days=1) if until else None,
        longer_s=numbers.get("longer"),
        shorter_s=numbers.get("shorter"),
        tool_errors=errors,
        tool_ms=round(numbers["took"] * 1000) if "took" in numbers else None,
        gap_ms=round(numbers["gap"] * 1000) if "gap" in numbers else None,
        dearer_usd=numbers.get("cost"),
        score_below=round(numbers["score"]) if "score" in numbers else None,
    )


def _day(text: str) -> datetime:
    """Raises ValueError, also for a day that has no neighbours."""
    day = date.fromisoformat(text)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(text)
    return datetime.combine(day, time(), UTC)


def key_of(query: Mapping[str, str]) -> Key | None:
    """Where the page before ended; None for the first."""
    at, _, call_sid = query.get("after", "").partition("|")
    try:
        return Key(datetime.fromisoformat(at).astimezone(UTC), call_sid) if call_sid else None
    except (ValueError, OverflowError):
        return None
