"""The webhooks Twilio sends: signed form posts to the app, and TwiML back."""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import urlsplit

import httpx2

from app.rehearsal.phone_notes import CONTENT_TYPE, HTTP_FAILED, Notes

ANSWER_LIMIT_S = 15.0  # voice webhooks have a hard ceiling of 15 s
_XML = ("text/xml", "application/xml", "text/html")
_REDIRECTS = (301, 302, 303, 307, 308)


def signature(auth_token: str, url: str, parameters: Mapping[str, str]) -> str:
    """X-Twilio-Signature: HMAC-SHA1 of the address and the sorted parameters, base64.

    https://www.twilio.com/docs/usage/security#validating-requests
    """
    signed = url + "".join(name + parameters[name] for name in sorted(parameters))
    return base64.b64encode(hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def sid(prefix: str) -> str:
    """A new identifier as Twilio makes them: two letters and 32 hex digits."""
    return prefix + uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class Place:
    """Where the app is: ``base_url`` to reach it here, ``public_url`` as Twilio would call it and signs it."""

    base_url: str
    public_url: str

    def here(self, url: str) -> str:
        """The local address of a public one; an address of another host stays as it is."""
        public = urlsplit(self.public_url)
        parts = urlsplit(url)
        if parts.netloc != public.netloc:
            return url
        return self.base_url.rstrip("/") + parts._replace(scheme="", netloc="", fragment="").geturl()


class Webhooks:
    """Sends the webhooks of one call."""

    def __init__(self, client: httpx2.AsyncClient, place: Place, auth_token: str, notes: Notes) -> None:
        self._client = client
        self._place = place
        self._auth_token = auth_token
        self._notes = notes

    async def document(self, url: str, parameters: Mapping[str, str], method: str = "POST") -> str | None:
        """Ask for TwiML; None, and a complaint, when Twilio would not have got any."""
        answer = await self._send(method, url, parameters)
        if answer is None:
            return None
        problem = _unfit(answer)
        if problem is None:
            return answer.text
        self._notes.complain(problem[0], f"{urlsplit(url).path} {problem[1]}")
        return None

    async def callback(self, url: str, parameters: Mapping[str, str]) -> None:
        """Tell a status; the answer's text does not matter, its code does."""
        answer = await self._send("POST", url, parameters)
        if answer is not None and not answer.is_success:
            self._notes.complain(HTTP_FAILED, f"{urlsplit(url).path} answered {answer.status_code}")

    async def _send(self, method: str, url: str, parameters: Mapping[str, str]) -> httpx2.Response | None:
        form = dict(parameters) if method == "POST" else {}
        target = str(httpx2.URL(url, params=dict(parameters))) if method == "GET" else url
        headers = {
            "Host": urlsplit(target).netloc,
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "X-Twilio-Signature": signature(self._auth_token, target, form),
            "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
            "X-Home-Region": "us1",
        }
        try:
            return await self._client.request(
                method, self._place.here(target), headers=headers, data=form or None, timeout=ANSWER_LIMIT_S
            )
        except httpx2.HTTPError as problem:
            self._notes.complain(HTTP_FAILED, f"{urlsplit(url).path} gave no answer: {type(problem).__name__}")
            return None


def _unfit(answer: httpx2.Response) -> tuple[int, str] | None:
    """Why Twilio would find no document in an answer."""
    if answer.status_code in _REDIRECTS:
        return HTTP_FAILED, "redirects: Twilio would ask again by GET, without the form"
    if not answer.is_success:
        return HTTP_FAILED, f"answered {answer.status_code}"
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _XML:
        return CONTENT_TYPE, f"answered with {kind or 'no content type'}, not XML"
    return None


def call_parameters(account_sid: str, call_sid: str, from_: str, to: str, status: str) -> dict[str, str]:
    """The standard parameters of a voice webhook of an inbound call."""
    parameters = {
        "AccountSid": account_sid,
        "ApiVersion": "2010-04-01",
        "CallSid": call_sid,
        "CallStatus": status,
        "Direction": "inbound",
    }
    for side, number in (("Caller", from_), ("From", from_), ("Called", to), ("To", to)):
        parameters[side] = number
        parameters |= {side + "City": "", side + "State": "", side + "Zip": "", side + "Country": "US"}
    return parameters


def final_parameters(duration_s: float) -> dict[str, str]:
    """What the last status callback of a call says besides."""
    return {
        "CallDuration": str(round(duration_s)),
        "Duration": "1",
        "SequenceNumber": "0",
        "CallbackSource": "call-progress-events",
        "Timestamp": timestamp(),
    }


def stream_parameters(account_sid: str, call_sid: str, stream_sid: str, name: str, event: str) -> dict[str, str]:
    """The parameters of a stream's status callback."""
    parameters = {
        "AccountSid": account_sid,
        "CallSid": call_sid,
        "StreamSid": stream_sid,
        "StreamName": name,
        "StreamEvent": event,
        "Timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    return parameters | ({"StreamError": "31920"} if event == "stream-error" else {})


def timestamp() -> str:
    """Now, as the status callbacks of calls write it."""
    return format_datetime(datetime.now(UTC)).replace("GMT", "+0000")
