"""An MCP server as the house knows it: where it is, what of it is wanted, what it says, and how that can fail."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.toolkit.http.client import Resolve, by_dns
from app.toolkit.http.hosts import Hosts

PIN = "sha256:"


@dataclass(frozen=True, slots=True)
class Offered:
    """A tool as its server describes it. ``reads_only`` is the server's own word: a hint for people, no proof."""

    name: str
    description: str
    schema: Mapping[str, object]
    reads_only: bool = False

    @property
    def pin(self) -> str:
        """The hash of all that the model would be told, whatever the order of its keys."""
        told = {"name": self.name, "description": self.description, "inputSchema": self.schema}
        return PIN + hashlib.sha256(json.dumps(told, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Door:
    """How one server is reached: by ``url``, or as a child process by ``command``.

    Two doors that are equal lead to the same session. ``headers`` and ``env`` hold secrets.
    """

    server: str
    url: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    command: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    hosts: Hosts = field(default_factory=Hosts, compare=False)
    resolve: Resolve = field(default=by_dns, compare=False)


@dataclass(frozen=True, slots=True)
class Wish:
    """One use of a tool. It is called only while the server still describes it as it was when it was allowed."""

    tool: str
    pin: str
    arguments: Mapping[str, object] = field(default_factory=dict, repr=False)
    write: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What a server answered. ``left_out`` are the kinds of what cannot be said: image, audio, resource."""

    texts: tuple[str, ...] = ()
    data: object = None
    left_out: tuple[str, ...] = ()
    failed: bool = False


class ServerGone(Exception):
    """The server cannot be asked now. ``sent``: it may have been asked; ``resting``: it is not tried again yet."""

    def __init__(self, reason: str, *, sent: bool = False, resting: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent
        self.resting = resting


class ServerRefused(Exception):
    """The server answered that it will not; ``code`` is JSON-RPC's."""

    def __init__(self, code: int) -> None:
        super().__init__(f"error {code}")
        self.code = code


class ToolOff(Exception):
    """The tool is not what was allowed; ``why`` is changed, gone or twice."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class ServerUnfit(RuntimeError):
    """The server does what no server may; the message is for ops."""
