"""Reads a manager's TOML key by key: each value in its form, each mistake kept with its line."""

from collections.abc import Iterable

from app.edits import EditError, listed, meant
from app.prompts.files import Toml


class Sheet:
    """One TOML file being read. ``errors`` fills up; a wrong value reads as the default."""

    def __init__(self, toml: Toml) -> None:
        self.toml = toml
        self.errors: list[EditError] = []

    def wrong(self, key: str, problem: str, element: str | None = None) -> None:
        self.errors.append(self.toml.wrong(key, problem, element))

    def known(self, keys: Iterable[str]) -> None:
        """Every key that is not one of ``keys`` is a mistake."""
        names = list(keys)
        for key in self.toml.data:
            if key not in names:
                self.wrong(key, f'There is no setting "{key}". {meant(key, names)}')

    def text(self, key: str, default: str = "") -> str:
        value = self.toml.data.get(key, default)
        if isinstance(value, str):
            return value.strip()
        self.wrong(key, f'{key} must be a text. Write {key} = "{value}".')
        return default

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, none of them twice."""
        value = self.toml.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.wrong(key, f'{key} must be a list of texts. Write {key} = ["...", "..."].')
            return ()
        for one in sorted({one for one in value if value.count(one) > 1}):
            self.wrong(key, f'"{one}" is in {key} twice. Take one out.', one)
        return tuple(dict.fromkeys(value))

    def number(self, key: str, default: float, low: float, high: float) -> float:
        value = self.toml.data.get(key, default)
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        self.wrong(key, f"{key} = {_shown(value)} cannot be. Write a number from {low:g} to {high:g}, without quotes.")
        return default

    def flag(self, key: str) -> bool | None:
        """True, False, or None when nothing is written."""
        value = self.toml.data.get(key)
        if value is None or isinstance(value, bool):
            return value
        self.wrong(key, f"{key} = {_shown(value)} is neither yes nor no. Write {key} = true or {key} = false.")
        return None

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        """One of ``choices``; the first when nothing is written."""
        value = self.text(key, choices[0])
        if value in choices:
            return value
        self.wrong(key, f'{key} = "{value}" cannot be. Write {listed(choices)} instead.')
        return choices[0]


def _shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
