"""The pages for ops: who sees the metrics, and where."""

import asyncio
import socket

import httpx2
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from app.ops import Ops, serve_metrics


async def asked(*, token: str | None, open_metrics: bool, header: str = "") -> httpx2.Response:
    secret = None if token is None else SecretStr(token)
    ops = Ops((), lambda: ["+12125550123"], lambda: None, secret, open_metrics=open_metrics)
    through = httpx2.ASGITransport(Starlette(routes=ops.routes()))
    async with httpx2.AsyncClient(transport=through, base_url="http://app") as client:
        return await client.get("/metrics", headers={"Authorization": header} if header else {})


@pytest.mark.parametrize(
    ("token", "open_metrics", "header", "status"),
    [
        (None, False, "", 403),
        (None, False, "Bearer guessed", 403),
        (None, True, "", 200),
        ("word", True, "", 401),
        ("word", False, "Bearer wrong", 401),
        ("word", False, "word", 401),
        ("word", False, "Bearer word", 200),
    ],
)
async def test_metrics_are_for_who_has_the_token_or_for_nobody(
    token: str | None, open_metrics: bool, header: str, status: int
) -> None:
    answered = await asked(token=token, open_metrics=open_metrics, header=header)
    assert answered.status_code == status
    assert ("frontline_calls_now" in answered.text) is (status == 200)


async def test_who_is_turned_away_is_told_what_to_set() -> None:
    answered = await asked(token=None, open_metrics=False)
    assert "FRONTLINE_METRICS_TOKEN" in answered.text
    assert "FRONTLINE_METRICS_PORT" in answered.text


async def test_metrics_have_a_port_of_their_own_until_it_is_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    end = serve_metrics("127.0.0.1", port)
    try:
        async with httpx2.AsyncClient(trust_env=False) as client:
            answered = await client.get(f"http://127.0.0.1:{port}/metrics")
    finally:
        await asyncio.to_thread(end)
    assert "frontline_calls_now" in answered.text
    with socket.create_server(("127.0.0.1", port)):
        pass  # nobody is there any more


def test_a_port_that_is_taken_is_an_error_to_be_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        serve_metrics("127.0.0.1", taken.getsockname()[1])
