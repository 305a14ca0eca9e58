"""HTTP tools: ``tools/<name>.toml`` instead of code, guarded so that nothing but an allowed host is reached."""

from app.toolkit.http.client import close_http
from app.toolkit.http.hosts import Hosts, Pinned
from app.toolkit.http.reading import read_http_tool

__all__ = ["Hosts", "Pinned", "close_http", "read_http_tool"]
