"""Where alerts are told: mailboxes and Slack channels, as a setting has them."""

import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Literal
from urllib.parse import parse_qs, unquote, urlsplit

MAIL, SLACK = "mailto:", "slack:"
_MAILBOX: Final = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")


@dataclass(frozen=True, slots=True)
class Channel:
    """A mailbox, or the address of a Slack channel's incoming webhook: that is a secret."""

    kind: Literal["mail", "slack"]
    to: str = field(repr=False)

    @property
    def id(self) -> str:
        """A name that tells nothing of the address."""
        return sha256(f"{self.kind} {self.to}".encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class MailServer:
    """Who takes mail from us. ``tls``: from the first byte; else it is begun when the server offers it."""

    host: str
    port: int
    tls: bool
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)


def channels_in(text: str) -> tuple[Channel, ...]:
    """Channels, with spaces, semicolons or lines between: ``mailto:ops@example.com slack:https://hooks.slack.com/…``.

    Raises ValueError without saying an address.
    """
    return tuple(_channel(word) for word in re.split(r"[\s;]+", text.strip()) if word)


def _channel(word: str) -> Channel:
    if word.startswith(MAIL) and _MAILBOX.fullmatch(word.removeprefix(MAIL)):
        return Channel("mail", word.removeprefix(MAIL))
    url = word.removeprefix(SLACK)
    if word.startswith(SLACK) and urlsplit(url).scheme in ("https", "http") and urlsplit(url).hostname:
        return Channel("slack", url)
    raise ValueError("not mailto: and a mailbox, nor slack: and an address")


def mail_server(text: str) -> MailServer:
    """A server as ``smtps://user:password@mail.example.com?from=frontline@example.com``. Raises ValueError."""
    url = urlsplit(text)
    sender = parse_qs(url.query).get("from", [""])[0]
    if url.scheme not in ("smtp", "smtps") or not url.hostname or not _MAILBOX.fullmatch(sender):
        raise ValueError("not the address of a mail server with ?from= and a mailbox")
    tls = url.scheme == "smtps"
    port = url.port or (465 if tls else 587)
    return MailServer(url.hostname, port, tls, sender, unquote(url.username or ""), unquote(url.password or ""))
