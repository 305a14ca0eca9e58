"""Where the other processes of the house reach this one, where ops do not say."""

import socket
from contextlib import suppress
from typing import Final

from sqlalchemy.engine import make_url

from app.settings import Settings

EVERYWHERE: Final = frozenset({"0.0.0.0", "::", ""})  # to listen on; nobody can be called there
THIS_MACHINE: Final = "127.0.0.1"
POSTGRES_PORT: Final = 5432


def own_address(settings: Settings, port: int) -> str:
    """The address of the process that listens on ``port``. Looks names up: not for the event loop."""
    if settings.sibling_url is not None:
        return settings.sibling_url
    host = _seen_from(settings.database_url) if settings.host in EVERYWHERE else settings.host
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _seen_from(database_url: str) -> str:
    """This machine's address in the network of the database, which all processes share."""
    url = make_url(database_url)
    if url.host:
        return _way_to(url.host, url.port or POSTGRES_PORT) or THIS_MACHINE
    # A file, or a socket of this machine; but one machine may hold several containers.
    return _named() or THIS_MACHINE


def _way_to(host: str, port: int) -> str:
    """The address by which this machine sends to another; nothing is sent."""
    with suppress(OSError):
        for family, kind, _, _, place in socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM):
            with suppress(OSError), socket.socket(family, kind) as way:
                way.connect(place)
                return str(way.getsockname()[0])
    return ""


def _named() -> str:
    """The address that this machine's own name stands for, where it is really this machine's."""
    with suppress(OSError):
        address = socket.gethostbyname(socket.gethostname())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
            ours.bind((address, 0))
        return address
    return ""
