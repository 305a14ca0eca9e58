"""The warehouse's server, for the tests that ask it something."""

import gc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.toolkit.mcp import close_mcp
from tests.toolkit.mcp.places import Place, listening
from tests.toolkit.mcp.server import Warehouse


@pytest.fixture(autouse=True)
async def closed() -> AsyncIterator[None]:
    """No session outlives its test; what was left open is told of in that test, and not in another."""
    yield
    await close_mcp()
    gc.collect()


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    folder = tmp_path / "certificates"
    folder.mkdir()
    async with listening(folder, Warehouse()) as place:
        try:
            yield place
        finally:
            await close_mcp()
