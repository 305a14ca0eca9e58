"""The identity of a call: levels, tries, and whose they are."""

import pytest

from app.toolkit.declare import Level
from app.toolkit.standing import Standing, Tries, reaches


@pytest.mark.parametrize(
    ("level", "needed", "enough"),
    [
        ("none", "none", True),
        ("none", "details", False),
        ("details", "details", True),
        ("details", "code", False),
        ("code", "details", True),
        ("code", "code", True),
    ],
)
def test_each_level_is_enough_for_those_below(level: Level, needed: Level, enough: bool) -> None:
    assert reaches(level, needed) is enough


def test_tries_under_way_count_until_they_are_over() -> None:
    tries = Tries()
    assert [tries.begin() for _ in range(4)] == [True, True, True, False]
    tries.end(wrong=False)
    assert [tries.begin(), tries.begin()] == [True, False]
    for _ in range(3):
        tries.end(wrong=True)
    assert tries.over
    assert not tries.begin()


@pytest.mark.parametrize("level", ["details", "code"])
def test_wrong_tries_of_either_kind_lock(level: Level) -> None:
    standing = Standing()
    for _ in range(3):
        assert not standing.locked
        standing.tries(level).begin()
        standing.tries(level).end(wrong=True)
    assert standing.locked


def test_details_again_do_not_take_a_code_away_from_the_same_customer() -> None:
    standing = Standing()
    standing.reach("details", "7", "+12125550147")
    standing.reach("code", "7", "+12125550147")
    standing.reach("details", "7", "+12125550147")
    assert standing.level == "code"


def test_a_code_proved_nothing_about_someone_else() -> None:
    standing = Standing()
    standing.reach("details", "7", "+12125550147")
    standing.reach("code", "7", "+12125550147")
    standing.reach("details", "8", None)
    assert (standing.level, standing.customer, standing.phone) == ("details", "8", None)
