"""A process that is killed while it writes: another closes its calls, whole and once. `python -m tests.kills`: more."""

import random
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.kills import once


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_every_call_of_a_killed_process_is_complete_and_there_once(
    tmp_path: Path, database_url: str, seed: int
) -> None:
    with capture_logs():
        outcome = await once(tmp_path / "journals", database_url, random.Random(seed).uniform(0.0, 2.0))
    assert outcome.problems == []
    assert outcome.calls >= 1
