"""The shipping company of the rehearsal, asked directly."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from app.rehearsal.shipping import HOST, ShippingStandIn, shipping_stand_in


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[ShippingStandIn]:
    async with shipping_stand_in(tmp_path) as company:
        yield company


async def asked(
    company: ShippingStandIn, method: str, path: str, key: str | None = None, body: object = None, **headers: str
) -> httpx2.Response:
    tls = ssl.create_default_context(cafile=company.ca_file)
    given = {"host": HOST, "authorization": f"Bearer {company.key if key is None else key}", **headers}
    async with httpx2.AsyncClient(verify=tls, trust_env=False) as client:
        return await client.request(
            method,
            f"https://{company.address}:{company.port}{path}",
            headers=given,
            content=None if body is None else json.dumps(body),
            extensions={"sni_hostname": HOST},
        )


async def test_a_parcel_is_where_its_order_says(company: ShippingStandIn) -> None:
    found = (await asked(company, "GET", "/v1/parcels/NP1047")).json()
    assert (found["number"], found["state"], found["carrier"]["name"]) == ("NP1047", "in_transit", "Northwind Parcel")
    assert (await asked(company, "GET", "/v1/parcels/np%20104-7")).json()["number"] == "NP1047"
    assert (await asked(company, "GET", "/v1/parcels/1044")).json()["state_in_words"] == "delayed"
    spanish = await asked(company, "GET", "/v1/parcels/1044", **{"accept-language": "es-US"})
    assert spanish.json()["state_in_words"] == "con retraso"


async def test_nothing_is_told_without_the_key(company: ShippingStandIn) -> None:
    for key in ("none", "wrong", company.key[:-1]):
        assert (await asked(company, "GET", "/v1/parcels/NP1047", key)).status_code == 401
    assert (await asked(company, "POST", "/v1/parcels/NP1047/redirect", "wrong", {"place": "x"})).status_code == 401
    assert company.redirects == []


async def test_what_is_not_there_is_a_404(company: ShippingStandIn) -> None:
    for path in ("/v1/parcels/NP9999", "/v1/parcels/", "/v1/admin", "/v1/parcels/..%2fadmin"):
        assert (await asked(company, "GET", path)).status_code == 404
    assert (await asked(company, "POST", "/v1/parcels/NP1047")).status_code == 405
    assert (await asked(company, "GET", "/v1/parcels/NP1047/redirect")).status_code == 405


async def test_a_redirect_is_made_once_for_a_key(company: ShippingStandIn) -> None:
    path, body = "/v1/parcels/NP1047/redirect", {"place": "Kiosk"}
    first = await asked(company, "POST", path, body=body, **{"idempotency-key": "one"})
    again = await asked(company, "POST", path, body=body, **{"idempotency-key": "one"})
    other = await asked(company, "POST", path, body=body, **{"idempotency-key": "two"})
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert other.json()["redirect_id"] != first.json()["redirect_id"]
    assert company.redirects == [("NP1047", "Kiosk")] * 2


async def test_a_redirect_that_cannot_be_is_refused(company: ShippingStandIn) -> None:
    path = "/v1/parcels/{}/redirect"
    assert (await asked(company, "POST", path.format("NP1032"), body={"place": "x"})).status_code == 409
    assert (await asked(company, "POST", path.format("NP9999"), body={"place": "x"})).status_code == 404
    for body in ({"place": " "}, {}, [1]):
        assert (await asked(company, "POST", path.format("NP1047"), body=body)).status_code == 422
    assert company.redirects == []


async def test_a_fault_can_be_asked_for(company: ShippingStandIn) -> None:
    assert (await asked(company, "GET", "/v1/parcels/NP1047?fault=error")).status_code == 500
    assert (await asked(company, "GET", "/v1/parcels/NP1047?fault=redirect")).status_code == 302
    assert len((await asked(company, "GET", "/v1/parcels/NP1047?fault=huge")).content) > 2**20


async def test_it_ends_at_once_though_an_answer_is_slow_and_somebody_says_nothing(tmp_path: Path) -> None:
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        async with shipping_stand_in(tmp_path) as company:
            tls = ssl.create_default_context(cafile=company.ca_file)
            reader, writer = await asyncio.open_connection(company.address, company.port, ssl=tls, server_hostname=HOST)
            slow = group.create_task(asked(company, "GET", "/v1/parcels/NP1047?fault=slow"))
            await asyncio.wait_for(seen(company), 5)
        assert await reader.read() == b""
        writer.close()
        assert (await slow).status_code == 200


async def seen(company: ShippingStandIn) -> None:
    """Until a request has come."""
    loop = asyncio.get_running_loop()
    came = asyncio.Event()

    def look() -> None:
        came.set() if company.seen else loop.call_later(0.01, look)

    look()
    await came.wait()


async def test_what_is_no_request_is_left(company: ShippingStandIn) -> None:
    tls = ssl.create_default_context(cafile=company.ca_file)
    reader, writer = await asyncio.open_connection(company.address, company.port, ssl=tls, server_hostname=HOST)
    writer.write(b"what?\r\n\r\n")
    assert await reader.read() == b""
    writer.close()
    assert not company.seen
