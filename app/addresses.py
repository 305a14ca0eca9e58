"""The addresses among the settings: what each must be, and the one way it is written."""

from urllib.parse import urlsplit

from pydantic import SecretStr
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

CLOUDS = ("s3", "gs", "az")  # stores of objects elsewhere
_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}


def public_url(text: str) -> str:
    """Where Twilio reaches the app: https and a host, nothing else. Raises ValueError."""
    url = urlsplit(text)
    bare = not (url.path.strip("/") or url.query or url.fragment)
    if url.scheme != "https" or not url.hostname or url.port == 0 or "@" in url.netloc or not bare:
        raise ValueError("not the https address of a host")
    # Twilio signs a stream's address as it stands in the TwiML, so the usual port is written one way: not at all.
    return f"https://{url.netloc.removesuffix(':443')}"


def web_url(text: str) -> str:
    """An address of the web, without a slash at its end. Raises ValueError."""
    url = urlsplit(text)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ValueError("not a web address")
    return text.rstrip("/")


def sibling_url(text: str) -> str:
    """Where the other processes reach this one: a host by http or https, nothing else. Raises ValueError."""
    url = urlsplit(text.rstrip("/"))
    bare = not (url.path or url.query or url.fragment or "@" in url.netloc)
    if url.scheme not in ("http", "https") or not url.hostname or url.port == 0 or not bare:
        raise ValueError("not the address of a process")
    return f"{url.scheme}://{url.netloc}"


def database_url(secret: SecretStr) -> SecretStr:
    """The records' database, with the driver that is used here. Raises ValueError."""
    try:
        url = make_url(secret.get_secret_value())
    except ArgumentError:
        raise ValueError("not a database address") from None
    driver = _DRIVERS.get(url.drivername, url.drivername)
    if driver not in _DRIVERS.values():
        raise ValueError("not a database that records can be written to")
    return SecretStr(url.set(drivername=driver).render_as_string(hide_password=False))


def tools_database_url(secret: SecretStr) -> SecretStr:
    """A tool's database, with a driver that is async and installed. Raises ValueError."""
    try:
        url = make_url(secret.get_secret_value())
        url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
        dialect = url.get_dialect(_is_async=True)
        dialect.import_dbapi()
    except (ArgumentError, ImportError):
        raise ValueError("not a database address, or one without its driver") from None
    if not dialect.is_async:
        raise ValueError("not the address of an async driver")
    return SecretStr(url.render_as_string(hide_password=False))


def object_store(text: str) -> str:
    """Where objects are kept: a folder, or a bucket's address with a path in it or none. Raises ValueError."""
    url = urlsplit(text)
    if "://" in text and (url.scheme not in CLOUDS or not url.hostname or "@" in url.netloc):
        raise ValueError("not a folder, nor the address of a bucket")
    return text
