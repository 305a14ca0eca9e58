"""The rules that calls are watched by, read from a TOML file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast

from app.call import dispositions as known_dispositions
from app.call import flags as known_flags
from app.edits import EditError, meant
from app.tomls import Sheet, read_toml

SHIPPED: Final = Path(__file__).with_name("rules.toml")
KEYS: Final = ("of", "above", "clear", "window_min", "fewest", "line", "severity", "says", "flags", "dispositions")
KINDS: Final = ("flags", "dispositions", "turn_gap", "tool_errors", "cost")
SEVERITIES: Final = ("warning", "critical")
LONGEST_MIN: Final = 10_080
WELL: Final = 0.8  # of the limit: what is below that is well again, where a rule does not say
UNITS: Final = {"flags": "%", "dispositions": "%", "tool_errors": "%", "turn_gap": "ms", "cost": "USD"}

Kind = Literal["flags", "dispositions", "turn_gap", "tool_errors", "cost"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: broken when ``of`` is above ``above`` in the last ``window_min`` minutes, well at ``clear`` or less.

    With fewer than ``fewest`` of what is counted (calls, answers, uses of tools) it says nothing. ``names`` are the
    flags or dispositions it is about. ``line`` empty: all lines together.
    """

    name: str
    of: Kind
    above: float
    clear: float
    window_min: int = 15
    fewest: int = 20
    line: str = ""
    severity: str = "warning"
    says: str = ""
    names: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        return UNITS[self.of]


def read_rules(file: Path | None = None) -> tuple[tuple[Rule, ...], list[EditError]]:
    """The rules of a file (the shipped ones by default), and every mistake in it."""
    try:
        toml = read_toml(file or SHIPPED)
    except EditError as error:
        return (), [error]
    sheet = Sheet(toml)
    rules = tuple(_rule(sheet.table(name), name) for name in toml.data)
    return rules, sheet.errors


def _rule(table: Sheet, name: str) -> Rule:
    table.known(KEYS)
    of = cast(Kind, table.choice("of", KINDS))
    if "above" not in table.data:
        table.wrong("above", f"{name} has no limit. Write above = 5, or what it must not be above.")
    above = table.number("above", 1.0, 0.0, 1_000_000.0)
    clear = table.number("clear", above * WELL, 0.0, above) if "clear" in table.data else above * WELL
    return Rule(
        name=name[:64],
        of=of,
        above=above,
        clear=clear,
        window_min=int(table.number("window_min", 15, 1, LONGEST_MIN)),
        fewest=int(table.number("fewest", 20, 1, 100_000)),
        line=table.text("line"),
        severity=table.choice("severity", SEVERITIES),
        says=table.text("says", name),
        names=_names(table, of, name),
    )


def _names(table: Sheet, of: Kind, rule: str) -> tuple[str, ...]:
    """The flags or dispositions that a rule on them names."""
    known: dict[str, Sequence[str]] = {"flags": known_flags.ALL, "dispositions": known_dispositions.ALL}
    if of not in known:
        return ()
    names = table.texts(of)
    if not names:
        table.wrong(of, f'{rule} names no {of}. Write {of} = ["{known[of][0]}"].')
    for one in names:
        if one not in known[of]:
            table.wrong(of, f'"{one}" is none of the {of}. {meant(one, known[of])}', one)
    return names
