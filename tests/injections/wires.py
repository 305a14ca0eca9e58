"""Watches every connection and every look-up of a name, and lets none through that is not allowed."""

import ipaddress
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

Place = tuple[str, int]
Address = tuple[object, ...] | str | bytes

_connect = socket.socket.connect
_getaddrinfo: Callable[..., object] = socket.getaddrinfo
CANARY_HOST = "internal.injections.example"  # a name whose address is this machine's


class Wires:
    """Where anything tried to connect to. Only ``allowed`` places are reached."""

    def __init__(self) -> None:
        self.allowed: set[Place] = set()
        self.strayed: list[Place] = []
        self.asked: list[str] = []  # names that were looked up

    def connect(self, sock: socket.socket, address: Address) -> None:
        if sock.family not in (socket.AF_INET, socket.AF_INET6):
            return _connect(sock, address)
        assert isinstance(address, tuple)
        place = (str(address[0]), int(str(address[1])))
        if place in self.allowed:
            return _connect(sock, place)
        self.strayed.append(place)
        raise ConnectionRefusedError(f"{place} is out of reach")

    def look_up(self, host: object, port: object, *args: object, **more: object) -> object:
        if _is_address(str(host)):
            return _getaddrinfo(host, port, *args, **more)
        self.asked.append(str(host))
        if host == CANARY_HOST:
            return _getaddrinfo("127.0.0.1", port, *args, **more)
        raise socket.gaierror(socket.EAI_NONAME, "no such host here")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@contextmanager
def watched() -> Iterator[Wires]:
    """Every connection of this process is watched, for as long as the block lasts."""
    wires = Wires()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", lambda *args: wires.connect(*args))  # noqa: PLW0108 - bound anew
        patch.setattr(socket, "getaddrinfo", wires.look_up)
        yield wires
