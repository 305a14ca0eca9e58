"""The breaker of a spent quota: new calls are held back for a while, and only for that."""

import pytest

from app.call.events import SessionLost
from app.gemini.quota import HELD_BACK_S, Quota
from tests.fakes import Clock


@pytest.mark.parametrize(
    "lost",
    [
        SessionLost(429, "Too Many Requests"),
        SessionLost(1011, "Resource has been exhausted (e.g. check quota)."),
        SessionLost(1008, "You exceeded your current quota, please check your plan and billing details."),
    ],
)
def test_a_spent_quota_holds_new_calls_back_for_a_while(lost: SessionLost) -> None:
    clock = Clock()
    quota = Quota(clock)
    assert not quota.spent()
    quota.lost(lost)
    clock.now += HELD_BACK_S - 0.1
    assert quota.spent()
    clock.now += 0.2
    assert not quota.spent()


def test_each_loss_begins_the_while_anew() -> None:
    clock = Clock()
    quota = Quota(clock)
    quota.lost(SessionLost(429))
    clock.now += 20.0
    quota.lost(SessionLost(429))
    clock.now += 20.0
    assert quota.spent()


@pytest.mark.parametrize(
    "lost", [SessionLost(1011, "Internal error encountered."), SessionLost(401), SessionLost(1007)]
)
def test_other_losses_hold_nobody_back(lost: SessionLost) -> None:
    quota = Quota(Clock())
    quota.lost(lost)
    assert not quota.spent()
