"""Every attack."""

from tests.injections import attacks_agreed, attacks_level, attacks_reach, attacks_strain, attacks_whose

ATTACKS = (
    *attacks_whose.ATTACKS,
    *attacks_level.ATTACKS,
    *attacks_agreed.ATTACKS,
    *attacks_reach.ATTACKS,
    *attacks_strain.ATTACKS,
)
