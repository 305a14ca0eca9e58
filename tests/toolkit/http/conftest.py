"""The shipping company of the rehearsal, for the tests that send something."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.rehearsal.shipping import ShippingStandIn, shipping_stand_in
from app.toolkit.http import close_http


@pytest.fixture
async def shipping(tmp_path: Path) -> AsyncIterator[ShippingStandIn]:
    async with shipping_stand_in(tmp_path / "certificates") as company:
        try:
            yield company
        finally:
            await close_http()
