"""A house for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.lines.house import House, build


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = build(tmp_path)
    await house.database.open()
    yield house
    await house.database.close()
