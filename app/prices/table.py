"""The table of prices: rows with the day they hold from; the newest that holds is the price."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from app.edits import EditError
from app.tomls import Toml, read_toml

SHIPPED = Path(__file__).with_name("prices.toml")
ANY = "*"  # stands for every name that has no row of its own
LEGS = ("inbound", "stream", "handoff", "recording")
_ABOUT = {"names", "leg", "from", "usd", "estimated"}


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars: per million tokens of each kind, or under ``usd`` per started minute or use."""

    usd: Mapping[str, float]
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    kind: str  # "models", "minutes", "tools"
    name: str
    since: date
    price: Price


@dataclass(frozen=True, slots=True)
class Prices:
    """The rows, the shipped ones first: of two that hold from the same day the later is taken."""

    rows: tuple[_Row, ...]

    def of_model(self, name: str, day: date) -> Price | None:
        """Per million tokens, by the keys of UsageReported."""
        return self._price("models", name, day)

    def of_leg(self, leg: str, day: date) -> Price | None:
        """Per started minute of ``inbound``, ``stream``, ``handoff`` or ``recording``."""
        return self._price("minutes", leg, day)

    def of_tool(self, name: str, day: date) -> Price | None:
        """Per use."""
        return self._price("tools", name, day)

    def over(self, others: "Prices") -> "Prices":
        """These, and the others where these have nothing."""
        return Prices((*others.rows, *self.rows))

    def _price(self, kind: str, name: str, day: date) -> Price | None:
        # Of rows from the same day max() takes the first it meets: the last written must come first.
        for wanted in (name, ANY):
            holding = [row for row in reversed(self.rows) if (row.kind, row.name) == (kind, wanted)]
            holding = [row for row in holding if row.since <= day]
            if holding:
                return max(holding, key=lambda row: row.since).price
        return None


@lru_cache(maxsize=1)
def shipped() -> Prices:
    """The prices that came with this version."""
    return read_prices(SHIPPED)


def own_prices(file: Path | None) -> Prices:
    """The house's own prices before the shipped ones; raises EditError for a file that is wrong."""
    return shipped() if file is None else read_prices(file).over(shipped())


def read_prices(file: Path) -> Prices:
    """The rows of a file; raises EditError."""
    toml = read_toml(file)
    unknown = set(toml.data) - {"models", "minutes", "tools"}
    if unknown:
        raise toml.wrong(min(unknown), "There are [[models]], [[minutes]] and [[tools]]. Write one of these.")
    return Prices(tuple(row for kind in ("models", "minutes", "tools") for row in _rows(toml, kind)))


def _rows(toml: Toml, kind: str) -> Iterator[_Row]:
    tables = toml.data.get(kind, [])
    if not isinstance(tables, list):
        raise toml.wrong(kind, f"Write each row under [[{kind}]].")
    for table in tables:
        names, since = _names(table, kind), table.get("from")
        if not names or type(since) is not date:
            raise _wrong(toml, kind, "needs what it is the price of, and `from`, a day such as 2026-01-31")
        price = Price(_usd(toml, kind, table), table.get("estimated") is True)
        yield from (_Row(kind, name, since, price) for name in names)


def _names(table: Mapping[str, object], kind: str) -> list[str]:
    if kind == "minutes":
        return [str(table["leg"])] if table.get("leg") in LEGS else []
    names = table.get("names")
    return [str(name) for name in names] if isinstance(names, list) else []


def _usd(toml: Toml, kind: str, table: Mapping[str, object]) -> Mapping[str, float]:
    usd = {name: value for name, value in table.items() if name == "usd" or name not in _ABOUT}
    if not usd or (kind != "models" and set(usd) != {"usd"}):
        raise _wrong(toml, kind, "needs its price and nothing else: `usd`, for models one for each kind of tokens")
    found: dict[str, float] = {}
    for name, value in usd.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise _wrong(toml, kind, f"has no price under `{name}`; write dollars, such as 0.75")
        found[name] = float(value)
    return MappingProxyType(found)


def _wrong(toml: Toml, kind: str, problem: str) -> EditError:
    return toml.wrong(kind, f"A row of [[{kind}]] {problem}.")
