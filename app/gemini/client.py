"""The process's clients of the Gemini service: the one, and a second for when that fails."""

import ssl
from dataclasses import dataclass

from google import genai
from google.auth.credentials import Credentials
from google.genai import types

from app.gemini.connection import LiveConnection
from app.gemini.models import Backend

API_VERSIONS: dict[Backend, str] = {"developer": "v1beta", "vertex": "v1beta1"}  # the SDK's own default is v1
CLOSE_WITHIN_S = 0.5  # a peer that does not close after us is left
WRITE_BUFFER_BYTES = 8_192  # about 190 ms of sound; more waits in the outbox, where it can still be dropped


@dataclass(frozen=True, slots=True)
class Place:
    """Where sessions are had; ``model`` None is the line's own."""

    client: genai.Client
    backend: Backend
    model: str | None = None


def client_for(
    backend: Backend,
    api_key: str = "",
    *,
    project: str = "",
    location: str = "",
    base_url: str | None = None,
    api_version: str | None = None,
    ca_file: str | None = None,
    credentials: Credentials | None = None,
    lean: bool = True,
) -> genai.Client:
    """A client for Live sessions. It costs 100 ms of blocking work: make one, before the first call.

    What is empty is left to the SDK's environment: ``GOOGLE_GEMINI_BASE_URL``, ``SSL_CERT_FILE``, proxies,
    Vertex credentials. ``lean``: its connections have the short way of ``app.gemini.connection``.
    """
    options = types.HttpOptions(
        base_url=base_url,
        api_version=api_version or API_VERSIONS[backend],
        async_client_args=_socket_options(ca_file, lean),
    )
    if backend == "developer":
        return genai.Client(vertexai=False, api_key=api_key or None, http_options=options)
    return genai.Client(
        vertexai=True,
        api_key=api_key or None,
        project=project or None,
        location=location or None,
        credentials=credentials,
        http_options=options,
    )


def _socket_options(ca_file: str | None, lean: bool) -> dict[str, object]:
    options: dict[str, object] = {
        # Live's pongs come up to 30 s late: https://github.com/googleapis/python-genai/issues/2935
        "ping_interval": None,
        "close_timeout": CLOSE_WITHIN_S,
        "compression": None,
        "max_size": None,
        "write_limit": WRITE_BUFFER_BYTES,
    }
    if lean:
        options["create_connection"] = LiveConnection
    if ca_file:
        options["ssl"] = ssl.create_default_context(cafile=ca_file)
    return options
