"""`frontline events listen`: takes what is signed, prints it, and refuses the rest."""

import asyncio
import json
import time

import httpx2
import pytest
from typer.testing import CliRunner

from app.cli import app
from app.cli.ends import WRONG_USE
from app.cli.events import receiver
from app.webhooks.signing import signed

KEY = b"k" * 32
BODY = b'{"type": "call.ended", "timestamp": "now", "data": {"call": "CA1"}}'


def post(body: bytes, headers: dict[str, str]) -> int:
    async def send() -> int:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=receiver(KEY))) as client:
            return (await client.post("http://here/any/path", content=body, headers=headers)).status_code

    return asyncio.run(send())


def test_what_is_signed_is_printed_with_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    assert post(BODY, signed(KEY, "evt_1", int(time.time()), BODY)) == 204
    printed = json.loads(capsys.readouterr().out)
    assert (printed["id"], printed["data"]) == ("evt_1", {"call": "CA1"})


def test_what_is_not_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert post(BODY, signed(b"x" * 32, "evt_1", int(time.time()), BODY)) == 401
    assert post(BODY, {}) == 401
    assert post(b"{", signed(KEY, "evt_1", int(time.time()), b"{")) == 400
    assert post(b"x" * 1_100_000, {}) == 413
    assert capsys.readouterr().out == ""


def test_a_secret_that_is_none_is_refused() -> None:
    shown = CliRunner().invoke(app, ["events", "listen", "--secret", "hunter2"])
    assert shown.exit_code == WRONG_USE
    assert "whsec_" in shown.output
