"""Who may sign in to the console through an identity provider, and as what: read from the settings."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

ROLES: Final = ("admin", "ops", "manager", "qa", "viewer")  # whoever may have several has the first
EVERYBODY: Final = "*"


def issuer(text: str) -> str:
    """A provider's name for itself, letter by letter as it writes it. Raises ValueError."""
    url = urlsplit(text)
    here = url.scheme == "http" and url.hostname in ("127.0.0.1", "localhost")
    if not url.hostname or (url.scheme != "https" and not here) or url.query or url.fragment or url.username:
        raise ValueError("no issuer")
    return text


def roles(text: str) -> str:
    """Raises ValueError for what gives no roles."""
    _pairs(text)
    return text


def role_of(text: str, mail: str, groups: Iterable[str]) -> str:
    """What somebody may do who has this address and is in these groups; empty where they may not come in."""
    theirs = {EVERYBODY, *groups, *([mail.lower()] if mail else [])}
    given = {role for role, whose in _pairs(text) if whose in theirs}
    return next((role for role in ROLES if role in given), "")


def _pairs(text: str) -> list[tuple[str, str]]:
    """``admin=ana@example.com, viewer=*`` in pairs; addresses in small letters."""
    found = [part.partition("=") for part in text.split(",") if part.strip()]
    pairs = [(role.strip().lower(), whose.strip()) for role, _, whose in found]
    if any(role not in ROLES or not whose for role, whose in pairs):
        raise ValueError("no roles")
    return [(role, whose.lower() if "@" in whose else whose) for role, whose in pairs]
