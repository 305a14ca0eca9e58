"""A mistake in a file that a manager edits: where it is, and what to write instead."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path


class EditError(Exception):
    """A manager's mistake: shown with its place, never raised into a call.

    ``line`` counts from 1. ``problem`` says what is wrong and what to write instead.
    """

    def __init__(self, file: Path, line: int, problem: str) -> None:
        super().__init__(f"{file}:{line}: {problem}")
        self.file = file
        self.line = line
        self.problem = problem


def meant(word: str, known: Iterable[str]) -> str:
    """The sentence that names what was probably meant, or everything there is."""
    names = sorted(known)
    near = get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f'Did you mean "{near[0]}"? Write that instead.'
    return f"Write one of {listed(names)} instead." if names else "Take it out."


def listed(words: Iterable[str], last: str = "or") -> str:
    """Words as a list in quotes: ``"a", "b" or "c"``."""
    quoted = [f'"{word}"' for word in words]
    if len(quoted) < 2:
        return "".join(quoted)
    return f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"
