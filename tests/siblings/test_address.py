"""Where a process is reached by the others: as ops say, or as can be known."""

import socket
from collections.abc import Iterable

import pytest

from app.settings import SettingsError, load
from app.siblings import address
from app.siblings.address import own_address

Found = Iterable[tuple[object, ...]]


def told(**environ: str) -> str:
    return own_address(load(environ, None), 8001)


@pytest.mark.parametrize(
    ("given", "reached_at"),
    [
        ("http://10.0.0.5:8000", "http://10.0.0.5:8000"),
        ("https://pod-3.frontline.internal/", "https://pod-3.frontline.internal"),
        ("http://[fd00::5]:8000", "http://[fd00::5]:8000"),
    ],
)
def test_ops_say_where(given: str, reached_at: str) -> None:
    assert told(FRONTLINE_SIBLING_URL=given) == reached_at


@pytest.mark.parametrize(
    "given", ["10.0.0.5:8000", "ftp://x", "http://user@10.0.0.5", "http://10.0.0.5/console", "http://x?y", "http://"]
)
def test_what_is_no_address_of_a_process_is_refused_at_the_start(given: str) -> None:
    with pytest.raises(SettingsError, match=r"FRONTLINE_SIBLING_URL.*write an address of this process's own"):
        told(FRONTLINE_SIBLING_URL=given)


def test_a_process_that_listens_at_one_address_is_reached_there() -> None:
    assert told() == "http://127.0.0.1:8001"  # a rehearsal
    assert told(HOST="192.0.2.7") == "http://192.0.2.7:8001"
    assert told(HOST="::1") == "http://[::1]:8001"


def test_one_that_listens_everywhere_is_reached_as_its_database_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "_way_to", lambda host, port: f"{host} {port}")
    assert told(HOST="0.0.0.0", DATABASE_URL="postgresql://u:p@db/x") == "http://db 5432:8001"
    monkeypatch.setattr(address, "_way_to", lambda *_: "")
    assert told(HOST="0.0.0.0", DATABASE_URL="postgresql://u:p@db:5433/x") == "http://127.0.0.1:8001"


def test_the_way_to_a_database_on_this_machine_stays_on_it() -> None:
    assert told(HOST="0.0.0.0", DATABASE_URL="postgresql://u:p@127.0.0.1/x") == "http://127.0.0.1:8001"


def test_with_a_file_for_a_database_it_is_the_containers_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostbyname", lambda _: "127.0.0.2")
    assert told(HOST="0.0.0.0") == "http://127.0.0.2:8001"


def test_a_name_that_stands_for_another_machine_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostbyname", lambda _: "192.0.2.7")
    assert told(HOST="0.0.0.0") == "http://127.0.0.1:8001"


def test_a_database_whose_name_nobody_knows_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> Found:
        raise socket.gaierror("unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert told(HOST="0.0.0.0", DATABASE_URL="postgresql://u:p@db/x") == "http://127.0.0.1:8001"
