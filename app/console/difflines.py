"""Two texts as a difference to read: lines that went, came and stayed, and within a line the words that changed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

AROUND: Final = 3  # lines that stayed, shown on either side of a change
_WORD = re.compile(r"\w+|\s+|[^\w\s]")

Kind = Literal["hunk", "same", "was", "is"]
Part = tuple[str, bool]  # a piece of a line, and whether it is what changed


@dataclass(frozen=True, slots=True)
class Row:
    """A line, with its number in the old and in the new text; a ``hunk`` opens a stretch of them."""

    kind: Kind
    old: int | None = None
    new: int | None = None
    parts: tuple[Part, ...] = ()


def rows(old: str | None, new: str | None) -> tuple[Row, ...]:
    """What differs; None is a file that is not there."""
    before, after = (old or "").splitlines(), (new or "").splitlines()
    groups = SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(AROUND)
    return tuple(row for group in groups for row in _group(group, before, after))


def _group(
    group: Sequence[tuple[str, int, int, int, int]], before: Sequence[str], after: Sequence[str]
) -> Iterator[Row]:
    yield Row("hunk", group[0][1] + 1, group[0][3] + 1)
    for what, i, i_end, j, j_end in group:
        if what == "equal":
            for step in range(i_end - i):
                yield Row("same", i + step + 1, j + step + 1, ((before[i + step], False),))
        else:
            yield from _changed(before[i:i_end], after[j:j_end], i + 1, j + 1)


def _changed(gone: Sequence[str], came: Sequence[str], old: int, new: int) -> Iterator[Row]:
    """Lines that replace as many others are compared word by word."""
    pairs = [_words(was, now) for was, now in zip(gone, came, strict=True)] if len(gone) == len(came) else []
    for step, line in enumerate(gone):
        yield Row("was", old + step, None, pairs[step][0] if pairs else ((line, False),))
    for step, line in enumerate(came):
        yield Row("is", None, new + step, pairs[step][1] if pairs else ((line, False),))


def _words(was: str, now: str) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    old, new = _WORD.findall(was), _WORD.findall(now)
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    left = tuple(("".join(old[i:i_end]), what != "equal") for what, i, i_end, _, _ in codes if i < i_end)
    right = tuple(("".join(new[j:j_end]), what != "equal") for what, _, _, j, j_end in codes if j < j_end)
    return left, right
