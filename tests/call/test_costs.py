"""What a call has cost where no usage was reported."""

import pytest

from app.call.commands import RecordFlag
from app.call.events import CallerHungUp, UsageReported
from app.call.flags import COST_ESTIMATED
from tests.playbook import Scene, greeted

PRICES = {"prompt.audio": 3.0, "response.audio": 12.0}


def talked(*, estimates_cost: bool = False) -> Scene:
    """A greeting was heard, and some seconds went by."""
    return greeted(prices=PRICES, estimates_cost=estimates_cost).wait(5.0)


def estimated(scene: Scene) -> list[str]:
    return [flag.name for flag in scene.of(RecordFlag) if flag.name == COST_ESTIMATED]


def test_a_call_without_usage_costs_what_its_sound_does_and_is_flagged() -> None:
    scene = talked(estimates_cost=True).when(CallerHungUp())
    assert scene.end.cost_usd is not None
    assert scene.end.cost_usd >= 5 * 25 * 3.0 / 1_000_000
    assert estimated(scene) == [COST_ESTIMATED]


def test_a_call_with_usage_costs_what_was_reported() -> None:
    scene = talked(estimates_cost=True).when(UsageReported({"prompt": 1_000_000, "prompt.audio": 1_000_000}))
    scene.when(CallerHungUp())
    assert scene.end.cost_usd == pytest.approx(3.0)
    assert estimated(scene) == []


def test_journals_of_before_have_no_estimate() -> None:
    scene = talked().when(CallerHungUp())
    assert (scene.end.cost_usd, estimated(scene)) == (0.0, [])
