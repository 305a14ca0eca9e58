"""Whatever comes from outside, in any shape and order: the house stands, and every call has its one end."""

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

CASES = "FUZZ_CASES"  # of each test, where more are wanted than a check has time for: `make fuzz`

Json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def cases(count: int) -> settings:
    """So many cases, or as many as the environment asks for."""
    wanted = int(os.environ.get(CASES, "0")) or count
    return settings(max_examples=wanted, deadline=None, suppress_health_check=list(HealthCheck))
