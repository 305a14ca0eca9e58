"""The hosts that HTTP tools may reach: each named by ops, none by itself."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

HTTPS = 443

_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#\\]*)(?P<path>[^?#]*)(?P<rest>.*)", re.DOTALL
)
# The last label begins with a letter: so it is a name, and no way of writing an address (127.1, 0x7f000001, 2130706433;
# https://url.spec.whatwg.org/#ends-in-a-number-checker).
_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Pinned:
    """Where a rehearsed service of this machine is; ``ca_file`` holds the certificate its own is checked against."""

    address: str
    port: int
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class Hosts:
    """``allowed``: exact names, ``api.example.com`` (port 443) or ``api.example.com:8443``.

    ``pinned``: names that are services of this machine; for rehearsals only, as no address is checked for them.
    """

    allowed: frozenset[str] = frozenset()
    pinned: Mapping[str, Pinned] = field(default_factory=dict)

    def admits(self, target: "Target") -> bool:
        return target.host in self.pinned or str(target) in {name.strip().lower() for name in self.allowed}


@dataclass(frozen=True, slots=True)
class Target:
    """A host and port, written as in the list of allowed hosts."""

    host: str
    port: int = HTTPS

    def __str__(self) -> str:
        return self.host if self.port == HTTPS else f"{self.host}:{self.port}"


def target_of(url: str) -> tuple[Target, str]:
    """The host and the path of a tool's URL. Raises ValueError with what to write instead."""
    parts = _URL.fullmatch(url)
    if parts is None:
        raise ValueError("The url is no web address. Write it as https://api.example.com/path.")
    if parts["scheme"].lower() != "https":
        raise ValueError(f"The url begins with {parts['scheme']}://. Write https:// instead.")
    if parts["rest"]:
        raise ValueError(f'Take "{parts["rest"][:40]}" out of the url. What follows a ? is written under [query].')
    if re.search(r"[\x00-\x20\x7f\\]", parts["path"]):
        raise ValueError("The url's path has a space, a backslash or a control character. Write it without.")
    return _target(parts["authority"]), parts["path"] or "/"


def _target(authority: str) -> Target:
    if "{" in authority:
        raise ValueError("The host of the url cannot come from a placeholder. Write the host itself.")
    if "@" in authority:
        raise ValueError('The url has an "@" before the host. Write the host alone, and secrets under [headers].')
    host, colon, port = authority.partition(":")
    if colon and not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError(f'"{authority}" is no name of a host. Write its name, with or without a port.')
    host = host.lower()
    if not host.isascii():
        raise ValueError("The host's name has letters beyond a to z. Write the form that begins with xn--.")
    if host.endswith("."):
        raise ValueError(f'The host ends in a dot. Write "{host.rstrip(".")}".')
    if len(host) > 253 or not _NAME.fullmatch(host):
        raise ValueError(f'"{host}" is no name of a host. Write its name, as in api.example.com, not an address.')
    return Target(host, int(port) if colon else HTTPS)
