"""Whether a request was signed by Twilio, for the URL it was told to call.

The URL is always the configured public one with the request's path: headers that a proxy or a
caller sets have no say in it. https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

from collections.abc import Mapping, Sequence

from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import (
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)

Form = ImmutableMultiDict[str, str]


class Signatures:
    """Checks ``X-Twilio-Signature`` against the public URL with each token in turn.

    Several tokens stand side by side while one is rotated out. The secret of a SharedKey is given
    like a token: https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys
    """

    subprotocol: str | None = None  # Twilio offers none

    def __init__(self, tokens: Sequence[str], public_url: str) -> None:
        if not tokens or not all(tokens):
            raise ValueError("signatures need at least one token, none of them empty")
        self._validators = tuple(RequestValidator(token) for token in tokens)
        self._public_url = public_url.rstrip("/")
        self._checked = True

    @classmethod
    def off(cls) -> "Signatures":
        """Let everything in: for a setting that somebody has to write down."""
        signatures = cls(["unused"], "https://localhost")
        signatures._checked = False
        return signatures

    def webhook_url(self, path_and_query: str) -> str:
        """What Twilio must have signed for a webhook."""
        return self._public_url + path_and_query

    def stream_url(self, path: str) -> str:
        """What Twilio must have signed for a WebSocket: the URL of the TwiML, which has no query."""
        return stream_url(self._public_url, path)

    def webhook(self, path_and_query: str, body: Form | str, headers: Mapping[str, str]) -> bool:
        """Whether a webhook is Twilio's; ``body`` is the form with all its values, or the raw JSON text."""
        return self._signed(self.webhook_url(path_and_query), body, headers)

    def stream(self, path: str, headers: Mapping[str, str]) -> bool:
        """Whether a WebSocket upgrade is Twilio's, with or without a slash at the end of the path."""
        url = self.stream_url(path)
        other = url[:-1] if url.endswith("/") else url + "/"
        return self._signed(url, Form(), headers) or self._signed(other, Form(), headers)

    def _signed(self, url: str, body: Form | str, headers: Mapping[str, str]) -> bool:
        if not self._checked:
            return True
        signature = headers.get(SIGNATURE_HEADER)
        if not signature:
            return False
        algorithm = get_signature_algorithm(headers.get(SIGNATURE_SETTINGS_HEADER))
        return any(_valid(validator, url, body, signature, algorithm) for validator in self._validators)


def stream_url(public_url: str, path: str) -> str:
    """The ``wss://`` (``ws://``) form of the public URL, with ``path``."""
    return "ws" + public_url.rstrip("/").removeprefix("http") + path


def _valid(validator: RequestValidator, url: str, body: Form | str, signature: str, algorithm: str) -> bool:
    try:
        return bool(validator.validate(url, body, signature, algorithm))
    except (TypeError, IndexError, KeyError, ValueError):
        # The validator raises where it should say no: a raw body without bodySHA256 is a TypeError in it.
        return False
