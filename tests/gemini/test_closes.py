"""Every way a connection ends, as one event."""

import ssl

import pytest
from google.auth.exceptions import GoogleAuthError
from google.genai.errors import APIError
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, InvalidMessage, InvalidStatus
from websockets.frames import Close
from websockets.http11 import Response

from app.call.events import SessionLost
from app.gemini.closes import FAULTS, LOSSES, NotReady, lost_by, next_step


def abnormal(cause: str) -> APIError:
    """1006 as the SDK raises it: the cause stands in the context only."""
    closed = ConnectionClosedError(None, None)
    closed.__cause__ = OSError(cause)
    fault = APIError(1006, "abnormal closure [internal]")
    fault.__context__ = closed
    return fault


@pytest.mark.parametrize(
    ("fault", "lost"),
    [
        (TimeoutError(), SessionLost(0, "TimeoutError")),
        (
            APIError(1007, "Request contains an invalid argument."),
            SessionLost(1007, "Request contains an invalid argument."),
        ),
        (abnormal("ping timeout"), SessionLost(1006, "ping timeout")),
        (ConnectionClosedError(Close(1011, "Internal"), None), SessionLost(1011, "Internal")),
        (ConnectionClosedError(None, None), SessionLost(1006, "the connection broke without a close")),
        (InvalidStatus(Response(429, "Too Many Requests", Headers())), SessionLost(429, "Too Many Requests")),
        (
            InvalidMessage("did not receive a valid HTTP response"),
            SessionLost(1002, "did not receive a valid HTTP response"),
        ),
        (NotReady("no setupComplete"), SessionLost(1002, "no setupComplete")),
        (ValueError("Failed to parse response"), SessionLost(1002, "Failed to parse response")),
        (GoogleAuthError("no credentials"), SessionLost(401, "no credentials")),  # type: ignore[no-untyped-call]
        (ConnectionRefusedError("refused"), SessionLost(1006, "refused")),
        (ssl.SSLCertVerificationError("bad"), SessionLost(1006, "('bad',)")),
    ],
)
def test_every_fault_has_its_code_and_reason(fault: Exception, lost: SessionLost) -> None:
    assert isinstance(fault, FAULTS)
    assert lost_by(fault) == lost


def test_a_bug_of_ours_is_no_loss_of_an_open_connection() -> None:
    assert not issubclass(TypeError, LOSSES)
    assert not issubclass(ValueError, LOSSES)


@pytest.mark.parametrize("code", [0, 400, 401, 403, 404, 429, 503, 1000, 1001, 1002, 1006, 1007, 1008, 1011, 1013])
def test_every_usual_code_has_a_next_step(code: int) -> None:
    assert next_step(code) != next_step(4999)
