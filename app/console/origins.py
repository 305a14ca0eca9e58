"""Whether a request may be the console's at all: by which host it comes, and from which page it was sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
THIS_MACHINE: Final = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Origins:
    """Where the console is at home. ``public_url`` is where browsers reach it from elsewhere, empty if nowhere."""

    public_url: str
    rehearsing: bool

    def at_home(self, scheme: str, host: str) -> bool:
        """Whether a browser may use the console under this host: ours by https, or this machine.

        Anything else would send passwords over the network in clear, or be another site's name for us.
        """
        if _name_of(host) in THIS_MACHINE:
            return True
        if self.public_url:
            return host.lower() == urlsplit(self.public_url).netloc.lower()
        return scheme in ("https", "wss")

    def plain(self, scheme: str, host: str) -> bool:
        """Whether this is a rehearsal on this machine without https, where not every browser takes Secure cookies."""
        return self.rehearsing and scheme in ("http", "ws") and _name_of(host) in THIS_MACHINE

    def cookie(self, scheme: str, host: str) -> str:
        """The name of the cookie. One by https is bound to the host by its name; on this machine, to the port."""
        return f"frontline-{_port_of(host)}" if self.plain(scheme, host) else "__Host-frontline"

    def base(self, scheme: str, host: str) -> str:
        """The address of this house, by which a browser asks that is at home here."""
        if _name_of(host) in THIS_MACHINE or not self.public_url:
            return f"{scheme}://{host}"
        return self.public_url

    def own(self, host: str, headers: Mapping[str, str]) -> bool:
        """Whether what changes something, or opens a socket, was sent by a page of ours.

        Every browser of today says so in Sec-Fetch-Site, where the connection can be trusted, and in Origin:
        https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
        """
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is not None and site != "same-origin":
            return False
        if origin is None:
            return site is not None
        ours = {host.lower(), urlsplit(self.public_url).netloc.lower()} - {""}
        try:
            return urlsplit(origin).netloc.lower() in ours
        except ValueError:  # no address at all
            return False


def _name_of(host: str) -> str:
    """The name, where the whole is one that a browser may have."""
    try:
        parts = urlsplit(f"//{host}")
        whole = parts.netloc == host and "@" not in host and parts.port != 0
        return (parts.hostname or "").lower() if whole else ""
    except ValueError:
        return ""


def _port_of(host: str) -> int:
    return urlsplit(f"//{host}").port or 80
