"""Short secrets in the database, sealed with the house's keys: with the database alone nobody reads them."""

from base64 import b64decode, b64encode
from typing import Final

from app.store.envelope import HEAD, Keys, NotReadable

MARK: Final = "sealed:"  # what is sealed begins so; what does not was written before there were keys


def sealed(keys: Keys, name: str, text: str) -> str:
    """The text as it is kept; it opens under this name alone."""
    envelope = keys.envelope(name)
    return MARK + b64encode(envelope.head + envelope.seal(0, text.encode(), last=True)).decode()


def opened(keys: Keys | None, name: str, kept: str) -> str:
    """The text; one that was never sealed as it is. Raises NotReadable."""
    if not kept.startswith(MARK):
        return kept
    if keys is None:
        raise NotReadable(f"{name} are sealed, and there is no FRONTLINE_ENCRYPTION_KEYS.")
    try:
        data = b64decode(kept.removeprefix(MARK), validate=True)
    except ValueError:
        raise NotReadable(f"{name} was changed after it was stored.") from None
    return keys.envelope_of(name, data[:HEAD]).open(0, data[HEAD:], last=True).decode()


def is_fresh(keys: Keys, kept: str) -> bool:
    """Whether it is sealed, and with the key that is written with now."""
    return kept.startswith(MARK) and keys.is_first(b64decode(kept.removeprefix(MARK))[:HEAD])
