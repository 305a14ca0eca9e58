"""How a Live connection ends, as one event, and what to do about it."""

from google.auth.exceptions import GoogleAuthError
from google.genai.errors import APIError
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from app.call.events import SessionLost
from app.call.recovery import Signal, signal_of

NO_ANSWER = 0
UNAUTHORIZED = 401
PROTOCOL_ERROR = 1002
BROKEN = 1006


class NotReady(Exception):
    """The first message of the server was not setupComplete."""


# How an open connection ends, and what can happen besides before it opens.
# The last three are the SDK's words for a first message that it cannot read (SDK 3.4).
LOSSES = (APIError, ConnectionClosed, OSError)
FAULTS = (*LOSSES, WebSocketException, GoogleAuthError, NotReady, ValueError, TypeError, AttributeError)


def lost_by(fault: BaseException) -> SessionLost:
    """The event for one of FAULTS."""
    match fault:
        case APIError():
            return SessionLost(fault.code, _reason_of_api(fault))
        case ConnectionClosed():
            return _by_close(fault)
        case InvalidStatus():
            return SessionLost(fault.response.status_code, fault.response.reason_phrase)
    return SessionLost(_code_of(fault), str(fault) or type(fault).__name__)


def _code_of(fault: BaseException) -> int:
    match fault:
        case TimeoutError():
            return NO_ANSWER
        case GoogleAuthError():
            return UNAUTHORIZED
        case OSError():  # a certificate that fails is a ValueError too
            return BROKEN
    return PROTOCOL_ERROR


def _reason_of_api(fault: APIError) -> str:
    """The close's reason; for an abnormal one its cause, which the SDK leaves in the context."""
    if fault.code == BROKEN and isinstance(fault.__context__, ConnectionClosed):
        return _by_close(fault.__context__).reason
    return fault.details if isinstance(fault.details, str) else str(fault.details or fault.message or "")


def _by_close(closed: ConnectionClosed) -> SessionLost:
    if closed.rcvd is not None:
        return SessionLost(closed.rcvd.code, closed.rcvd.reason)
    cause = closed.__cause__
    return SessionLost(BROKEN, str(cause or "") or "the connection broke without a close")


_NEXT_STEPS = {
    NO_ANSWER: "check the network to the Live host; if it persists, the setup may hold what this model never answers",
    400: "check GEMINI_API_KEY and the model's name",
    401: "check the key, or the Vertex credentials of this process",
    403: "check that the key may use the Live API and that billing is on",
    404: "check the model's name, the api version and the base URL",
    429: "too many sessions or tokens at once: see the quota of the project",
    1000: "none: the service ended the session",
    1001: "none: the service is moving the session",
    1002: "what answers is no Live service: check the base URL",
    1006: "check the network, and the certificates, between here and the Live host",
    1007: "the service refused what it was sent: run `frontline check`, and compare the setup with the model's row",
    1008: "check the key, the model's name and the api version; if it is random, the session goes on in a new one",
    1011: "the service failed: the session goes on in a new one; see its status page if it persists",
    1013: "the service is overloaded: it will be tried again",
}


def next_step(code: int, reason: str = "") -> str:
    """What whoever reads the log can do about a loss."""
    if signal_of(code, reason) is Signal.QUOTA:
        return _NEXT_STEPS[429]
    if 500 <= code < 600:
        return _NEXT_STEPS[1011]
    return _NEXT_STEPS.get(code, "see the reason")
