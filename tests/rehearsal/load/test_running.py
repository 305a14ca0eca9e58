"""A load test of two calls at the naive bridge, over real sockets between three processes."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.rehearsal.load import running
from app.rehearsal.load.running import Wish, measure


async def test_calls_at_the_naive_bridge_are_heard_and_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "SETTLE_S", 2.0)
    seen: list[object] = []
    (one,) = await measure(Wish(("naive",), (2,), 6.0, 0.04), tmp_path, seen.append)
    assert seen == [one]
    assert (one.server, one.calls, one.lost) == ("naive", 2, 0)
    assert one.cpu_ms > 1
    assert one.up_ms[0] > 0
    assert one.down_ms[0] > 0


def test_an_unknown_bridge_is_named() -> None:
    result = CliRunner().invoke(app, ["load", "--calls", "2", "--against", "clever"])
    assert result.exit_code == 2
    assert "clever" in result.output
