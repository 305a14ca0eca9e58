"""The guard, the limits and the breaker, against a local server with a certificate of its own."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import circuitbreaker
import pytest

from app.rehearsal.shipping import HOST, ShippingStandIn
from app.toolkit.http import Hosts, Pinned
from app.toolkit.http.breaker import FAILURES, REST_S, HostBreaker, HostFailed, HostResting
from app.toolkit.http.client import (
    LARGEST_ANSWER,
    Answer,
    AnswerUnfit,
    Clients,
    HostRefused,
    Request,
    by_dns,
    verdict,
)
from app.toolkit.http.hosts import Target
from tests.toolkit.http.places import hosts_of, resolving

PUBLIC = "93.184.216.34"
API = Target("api.example.com")
ALLOWED = Hosts(frozenset({"api.example.com"}))


@contextlib.contextmanager
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """Notes, and refuses, whatever wants to connect."""
    tried: list[object] = []

    def connect(self: socket.socket, address: object) -> None:
        tried.append(address)
        raise OSError("no network in tests")

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "connect_ex", connect)
    yield tried


def asking(shipping: ShippingStandIn, path: str = "/v1/parcels/NP1047", **headers: str) -> Request:
    given = {"authorization": f"Bearer {shipping.key}", **headers}
    return Request("GET", Target(HOST), path, tuple(given.items()))


# ---- who is asked


async def test_a_name_is_looked_up_and_its_addresses_come_back_checked() -> None:
    asked = await verdict(API, ALLOWED, resolving([PUBLIC, "2606:4700::1111"]))
    assert (asked.problem, asked.addresses) == ("", (PUBLIC, "2606:4700::1111"))


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:7f00:1", "64:ff9b::7f00:1"]
)
async def test_a_name_that_leads_inside_is_not_connected_to(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with no_sockets(monkeypatch) as tried:
        for answer in ([address], [PUBLIC, address], [address, PUBLIC]):
            with pytest.raises(HostRefused):
                await Clients().send(Request("GET", API, "/"), ALLOWED, resolve=resolving(answer))
    assert tried == []


async def test_this_machine_by_its_name_is_not_connected_to_even_where_ops_allow_the_name() -> None:
    asked = await verdict(Target("localhost"), Hosts(frozenset({"localhost"})))
    assert asked.problem.endswith("is this machine")
    assert await by_dns("127.0.0.1", 443) == ["127.0.0.1"]


def test_a_request_in_a_traceback_has_nothing_secret_in_it() -> None:
    request = Request("GET", API, "/x?key=hidden", (("authorization", "Bearer hidden"),), b"hidden")
    assert "hidden" not in repr(request)


async def test_a_host_that_is_not_allowed_is_not_even_looked_up() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise AssertionError("looked up")

    with pytest.raises(HostRefused, match="not allowed"):
        await Clients().send(Request("GET", Target("evil.example"), "/"), ALLOWED, resolve=resolve)


async def test_the_address_that_was_checked_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that says something else the second time is not asked a second time."""
    connected: list[tuple[str, int]] = []
    loop = asyncio.get_running_loop()

    async def connect(protocol: object, host: str, port: int, **more: object) -> object:
        connected.append((host, port))
        raise ConnectionRefusedError

    monkeypatch.setattr(loop, "create_connection", connect)
    rebinding = resolving([PUBLIC], ["127.0.0.1"])
    clients = Clients()
    with pytest.raises(HostFailed):
        await clients.send(Request("GET", API, "/"), ALLOWED, resolve=rebinding)
    assert connected == [(PUBLIC, 443)]
    with pytest.raises(HostRefused, match=r"127.0.0.1 is this machine"):
        await clients.send(Request("GET", API, "/"), ALLOWED, resolve=rebinding)
    assert connected == [(PUBLIC, 443)]
    await clients.close()


async def test_a_name_without_an_address_is_a_host_that_failed_before_anything_was_sent() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with pytest.raises(HostFailed) as failed:
        await Clients().send(Request("GET", API, "/"), ALLOWED, resolve=resolve)
    assert not failed.value.sent


async def test_the_host_and_its_certificate_are_the_names_not_the_addresss(shipping: ShippingStandIn) -> None:
    clients = Clients()
    answer = await clients.send(asking(shipping), hosts_of(shipping))
    assert answer.status == 200
    assert shipping.seen[0].headers["host"] == HOST
    await clients.close()


async def test_a_certificate_of_another_name_is_refused(shipping: ShippingStandIn) -> None:
    other = Hosts(pinned={"other.example": Pinned(shipping.address, shipping.port, shipping.ca_file)})
    clients = Clients()
    with pytest.raises(HostFailed):
        await clients.send(Request("GET", Target("other.example"), "/v1/parcels/NP1047"), other)
    assert not shipping.seen
    await clients.close()


async def test_a_certificate_of_an_unknown_maker_is_refused(shipping: ShippingStandIn) -> None:
    unknown = Hosts(pinned={HOST: Pinned(shipping.address, shipping.port)})
    clients = Clients()
    with pytest.raises(HostFailed):
        await clients.send(asking(shipping), unknown)
    assert not shipping.seen
    await clients.close()


async def test_nothing_is_taken_from_the_environment(
    shipping: ShippingStandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    (tmp_path / ".netrc").write_text(f"machine {shipping.address} login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    clients = Clients()
    assert (await clients.send(asking(shipping), hosts_of(shipping))).status == 200
    assert shipping.seen[0].headers["authorization"] == f"Bearer {shipping.key}"
    await clients.close()


# ---- what comes back


@pytest.mark.parametrize("fault", ["huge", "packed"])
async def test_an_answer_that_is_too_large_is_left_before_it_is_all_here(shipping: ShippingStandIn, fault: str) -> None:
    clients = Clients()
    with pytest.raises(AnswerUnfit, match=str(LARGEST_ANSWER)):
        await clients.send(asking(shipping, f"/v1/parcels/NP1047?fault={fault}"), hosts_of(shipping))
    await clients.close()


async def test_a_redirect_is_not_followed(shipping: ShippingStandIn) -> None:
    clients = Clients()
    with pytest.raises(AnswerUnfit, match="redirect"):
        await clients.send(asking(shipping, "/v1/parcels/NP1047?fault=redirect"), hosts_of(shipping))
    assert len(shipping.seen) == 1
    await clients.close()


async def test_only_json_is_taken(shipping: ShippingStandIn) -> None:
    clients = Clients()
    with pytest.raises(AnswerUnfit, match="text/html instead of JSON"):
        await clients.send(asking(shipping, "/v1/parcels/NP1047?fault=words"), hosts_of(shipping))
    await clients.close()


async def test_a_host_that_takes_long_is_left(shipping: ShippingStandIn) -> None:
    clients = Clients()
    with pytest.raises(HostFailed, match="timeout"):
        await clients.send(asking(shipping, "/v1/parcels/NP1047?fault=slow"), hosts_of(shipping), limit_s=0.2)
    await clients.close()


async def test_a_broken_host_is_left_alone_after_some_failures(shipping: ShippingStandIn) -> None:
    clients = Clients()
    for _ in range(FAILURES):
        with pytest.raises(HostFailed, match="status 500"):
            await clients.send(asking(shipping, "/v1/parcels/NP1047?fault=error"), hosts_of(shipping))
    with pytest.raises(HostResting):
        await clients.send(asking(shipping), hosts_of(shipping))
    assert len(shipping.seen) == FAILURES
    await clients.close()


# ---- the breaker


class Clock:
    """Stands in for the clock that the breaker reads."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(circuitbreaker, "monotonic", clock)
    return clock


async def fails() -> Answer:
    raise HostFailed("status 500", 500)


async def answers() -> Answer:
    return Answer(200, {}, 2, 1)


async def opened(clock: Clock) -> HostBreaker:
    breaker = HostBreaker()
    for _ in range(FAILURES):
        with pytest.raises(HostFailed):
            await breaker.run(fails)
    assert breaker.state == "open"
    return breaker


async def test_after_a_rest_one_request_finds_out_whether_the_host_is_well(clock: Clock) -> None:
    breaker = await opened(clock)
    clock.now += REST_S + 1
    going = asyncio.Event()
    over = asyncio.Event()

    async def trial() -> Answer:
        going.set()
        await over.wait()
        return await answers()

    async with asyncio.TaskGroup() as group:
        first = group.create_task(breaker.run(trial))
        await going.wait()
        with pytest.raises(HostResting):
            await breaker.run(answers)
        over.set()
    assert first.result().status == 200
    assert (breaker.state, (await breaker.run(answers)).status) == ("closed", 200)


async def test_a_trial_that_fails_means_another_rest(clock: Clock) -> None:
    breaker = await opened(clock)
    clock.now += REST_S + 1
    with pytest.raises(HostFailed):
        await breaker.run(fails)
    with pytest.raises(HostResting):
        await breaker.run(answers)


async def test_a_request_that_is_cancelled_says_nothing_about_the_host(clock: Clock) -> None:
    breaker = await opened(clock)
    clock.now += REST_S + 1
    going = asyncio.Event()

    async def never() -> Answer:
        going.set()
        await asyncio.Event().wait()
        return await answers()

    trial = asyncio.create_task(breaker.run(never))
    await going.wait()
    trial.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await trial
    assert breaker.state == "half_open"
    assert (await breaker.run(answers)).status == 200


async def test_failures_count_in_a_row_only(clock: Clock) -> None:
    breaker = HostBreaker()
    for _ in range(FAILURES * 2):
        with pytest.raises(HostFailed):
            await breaker.run(fails)
        await breaker.run(answers)
    assert breaker.state == "closed"
