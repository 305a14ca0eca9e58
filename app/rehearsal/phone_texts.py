"""Text messages as Twilio carries them: the webhook of one that comes in, its media, and what may be sent."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs
from xml.etree import ElementTree

from app.rehearsal.phone_notes import DOCUMENT_BROKEN, SCHEMA
from app.rehearsal.phone_twiml import Complain
from app.rehearsal.phone_webhooks import sid

INCOMING_TEXT = "/sms/incoming"
LONGEST_TEXT = 1_600  # characters: https://www.twilio.com/docs/messaging/api/message-resource
MOST_MEDIA = 20  # that the shelf keeps
_E164 = re.compile(r"\+[1-9]\d{1,14}")
_SEGMENT = 153  # characters of each part of a longer text
_MESSAGE = {"to", "from", "action", "method", "statusCallback"}
_SEND = {"To", "From", "Body", "StatusCallback"}


@dataclass(frozen=True, slots=True)
class SentText:
    """A text that the app sent by REST."""

    sid: str
    to: str
    from_: str
    body: str


@dataclass(frozen=True, slots=True)
class Medium:
    """A picture that came with a text: its public address, as the webhook tells it."""

    url: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Stored:
    """What the shelf has at one place."""

    content: bytes
    content_type: str
    place: str  # path and query in the store, where the API redirects to


class MediaShelf:
    """The media of one account's messages: the API tells where each is, and a store hands it out.

    https://help.twilio.com/articles/223183748 : asked with basic auth, the API redirects to an address that is good
    for a while and needs no other proof.
    """

    def __init__(self, account_sid: str) -> None:
        self.fetched: list[str] = []  # the SIDs of media that were handed out
        self._account_sid = account_sid
        self._stored: dict[str, Stored] = {}

    def put(self, message_sid: str, content: bytes, content_type: str) -> Medium:
        """Keep a medium of a message; the oldest go when there are many."""
        medium_sid = sid("ME")
        place = f"/media.twiliocdn.com/{self._account_sid}/{secrets.token_hex(16)}"
        query = f"Expires=14400&Signature={secrets.token_hex(16)}"
        self._stored[medium_sid] = Stored(content, content_type, f"{place}?{query}")
        while len(self._stored) > MOST_MEDIA:
            del self._stored[next(iter(self._stored))]
        path = f"/2010-04-01/Accounts/{self._account_sid}/Messages/{message_sid}/Media/{medium_sid}"
        return Medium(f"https://api.twilio.com{path}", content_type)

    def place(self, medium_sid: str) -> str | None:
        """Where the store has a medium: path and query."""
        stored = self._stored.get(medium_sid)
        return None if stored is None else stored.place

    def hand_out(self, place: str) -> Stored | None:
        """What the store has at a place, if its address is whole."""
        for medium_sid, stored in self._stored.items():
            if stored.place == place:
                self.fetched.append(medium_sid)
                return stored
        return None


def text_parameters(account_sid: str, message_sid: str, from_: str, to: str, body: str) -> dict[str, str]:
    """The parameters of the webhook of an incoming text, without its media.

    https://www.twilio.com/docs/messaging/guides/webhook-request
    """
    parameters = {
        "MessageSid": message_sid,
        "SmsSid": message_sid,
        "SmsMessageSid": message_sid,
        "AccountSid": account_sid,
        "ApiVersion": "2010-04-01",
        "SmsStatus": "received",
        "Body": body,
        "NumMedia": "0",
        "NumSegments": str(max(1, -(-len(body) // _SEGMENT))),
    }
    for side, number in (("From", from_), ("To", to)):
        parameters[side] = number
        parameters |= {side + "City": "", side + "State": "", side + "Zip": "", side + "Country": "US"}
    return parameters


def media_parameters(media: tuple[Medium, ...]) -> dict[str, str]:
    """What is told of the media of a text."""
    parameters = {"NumMedia": str(len(media))}
    for number, medium in enumerate(media):
        parameters |= {f"MediaUrl{number}": medium.url, f"MediaContentType{number}": medium.content_type}
    return parameters


def replies(document: str, complain: Complain) -> list[str]:
    """The texts that the answer to a text asks to send back; what Twilio would refuse is complained of."""
    try:
        root = ElementTree.fromstring(document)
    except ElementTree.ParseError as problem:
        complain(DOCUMENT_BROKEN, f"TwiML does not parse: {problem}")
        return []
    if root.tag != "Response":
        complain(DOCUMENT_BROKEN, f"TwiML begins with <{root.tag}>, not <Response>")
        return []
    return [body for element in root if (body := _reply(element, complain))]


def _reply(element: ElementTree.Element, complain: Complain) -> str | None:
    if element.tag != "Message":
        complain(SCHEMA, f"<{element.tag}> is no verb of an answer to a text here")
        return None
    if unknown := set(element.attrib) - _MESSAGE:
        complain(SCHEMA, f"<Message> has no attribute {sorted(unknown)[0]}")
    inner = element.find("Body")
    body = (element.text if inner is None else inner.text) or ""
    if not body.strip() or len(body) > LONGEST_TEXT:
        complain(SCHEMA, f"<Message> has {len(body)} characters; it may have 1 to {LONGEST_TEXT}")
        return None
    return body


def sent_text(body: str) -> SentText | tuple[int, str]:
    """The text that a form posted to Messages.json asks to send, or the error code and message it is refused with."""
    form = {name: values[-1] for name, values in parse_qs(body, keep_blank_values=True).items()}
    problem = _problem(form)
    if problem is not None:
        return problem
    return SentText(sid("SM"), form["To"], form["From"], form["Body"])


def _problem(form: Mapping[str, str]) -> tuple[int, str] | None:
    """https://www.twilio.com/docs/api/errors"""
    to, from_, body = form.get("To", ""), form.get("From", ""), form.get("Body", "")
    checks = (
        (bool(unknown := sorted(set(form) - _SEND)), 20001, f"Unknown parameter {unknown[:1]}"),
        (not to, 21604, "A 'To' phone number is required."),
        (not from_, 21603, "A 'From' phone number is required."),
        (not body, 21602, "Message body is required."),
        (not _E164.fullmatch(to), 21211, f"The 'To' number {to} is not a valid phone number."),
        (not _E164.fullmatch(from_), 21212, f"The 'From' number {from_} is not a valid phone number."),
        (to == from_, 21266, "'To' and 'From' number cannot be the same."),
        (len(body) > LONGEST_TEXT, 21617, f"The message body exceeds the {LONGEST_TEXT} character limit."),
    )
    return next(((code, message) for wrong, code, message in checks if wrong), None)
