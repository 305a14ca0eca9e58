"""A line's scorecard: read with its mistakes, each with what to write instead."""

from pathlib import Path

import pytest

from app.edits import EditError
from app.prompts.lines import load_lines
from app.prompts.scorecard import FILE, Scorecard, read_scorecard
from tests.prompts.planting import plant

GOOD = """\
share = 25
language = "es"
tags = ["order", "late-parcel"]

[criteria]
polite = "Was it polite?"
grounded = "Was it grounded?"

[points]
grounded = 3
"""


def scorecard(folder: Path, text: str) -> tuple[Scorecard, list[str]]:
    (folder / FILE).write_text(text, encoding="utf-8")
    errors: list[EditError] = []
    return read_scorecard(folder, errors), [f"{error.line}: {error.problem}" for error in errors]


def test_a_line_without_one_asks_nothing(tmp_path: Path) -> None:
    errors: list[EditError] = []
    assert read_scorecard(tmp_path, errors) == Scorecard()
    assert errors == []


def test_it_is_read_whole(tmp_path: Path) -> None:
    found, errors = scorecard(tmp_path, GOOD)
    assert errors == []
    assert found.points == {"polite": 1.0, "grounded": 3.0}
    assert (found.share, found.language, found.tags) == (25.0, "es", ("order", "late-parcel"))


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("share = 25", "share = 250", "1: share = 250 cannot be. Write a number from 0 to 100"),
        ("share", "shore", '1: There is no setting "shore". Did you mean "share"?'),
        ('"es"', '"spanish!"', "2: "),
        ('"order"', '"An Order"', '3: "An Order" is no tag.'),
        ("polite =", "Polite =", '6: "Polite" is no name for a criterion.'),
        ('"Was it polite?"', '""', "6: polite asks nothing."),
        ('"Was it polite?"', f'"{"x" * 301}"', "6: polite has 301 letters."),
        ("grounded = 3", "rounded = 3", '10: There is no criterion "rounded".'),
        ("grounded = 3", "grounded = 0", "10: grounded = 0 cannot be."),
        ("[points]", "[points", "9: "),
    ],
)
def test_a_mistake_has_its_place(tmp_path: Path, before: str, after: str, problem: str) -> None:
    _, errors = scorecard(tmp_path, GOOD.replace(before, after, 1))
    assert errors[0].startswith(problem)


def test_there_is_an_end_to_what_can_be_asked(tmp_path: Path) -> None:
    many = "".join(f'c{n} = "Is it?"\n' for n in range(13))
    tags = ", ".join(f'"t{n}"' for n in range(31))
    _, errors = scorecard(tmp_path, f"tags = [{tags}]\n[criteria]\n{many}")
    assert [error.partition(" are too many")[0] for error in errors] == ["2: 13 criteria", "1: 31 tags"]


def test_a_line_has_its_own(tmp_path: Path) -> None:
    folder = plant(tmp_path, {"shop/scorecard.toml": lambda _: GOOD})
    lines, errors = load_lines(folder)
    assert errors == []
    assert lines["shop"].scorecard.tags == ("order", "late-parcel")
    folder = plant(tmp_path, {"shop/scorecard.toml": lambda _: "share = -1"})
    lines, errors = load_lines(folder)
    assert [error.file.name for error in errors] == [FILE]
    assert lines == {}
