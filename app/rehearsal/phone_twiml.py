"""TwiML read strictly: the verbs a call of ours can be told, and complaints about what Twilio would refuse."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

from app.rehearsal.phone_notes import DIAL_NUMBER, DOCUMENT_BROKEN, SCHEMA, SCHEME, TRACK, URL

MOST_PARAMETER = 500  # characters of a Parameter's name and value together
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_METHODS = ("GET", "POST")
_DIAL_CALLBACKS = {"recordingStatusCallback", "recordingStatusCallbackMethod", "recordingStatusCallbackEvent"}
_ATTRIBUTES = {
    "Response": set[str](),
    "Connect": {"action", "method"},
    "Stream": {"url", "name", "track", "statusCallback", "statusCallbackMethod"},
    "Parameter": {"name", "value"},
    "Say": {"voice", "language", "loop"},
    "Pause": {"length"},
    "Hangup": set[str](),
    "Redirect": {"method"},
    "Dial": {"action", "method", "timeout", "timeLimit", "callerId", "answerOnBridge", "hangupOnStar", "ringTone"}
    | {"record", "trim", "sequential", "referUrl", "referMethod"}
    | _DIAL_CALLBACKS,
    "Reject": {"reason"},
    "Gather": {"action", "method", "input", "timeout", "numDigits", "finishOnKey", "actionOnEmptyResult", "language"},
    "Record": {"action", "method", "timeout", "finishOnKey", "maxLength", "playBeep", "trim"}
    | {"recordingStatusCallback", "recordingStatusCallbackMethod", "recordingStatusCallbackEvent"},
    "Number": {"url", "method", "sendDigits", "byoc", "machineDetection"}
    | {"statusCallback", "statusCallbackMethod", "statusCallbackEvent"},
}

Complain = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
class Connect:
    """``<Connect><Stream>``; ``parameters`` arrive as customParameters."""

    url: str
    action: str | None
    method: str
    name: str
    status_callback: str | None
    parameters: MappingProxyType[str, str]


@dataclass(frozen=True, slots=True)
class Say:
    """Twilio's own voice."""

    text: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence."""

    length_s: float


@dataclass(frozen=True, slots=True)
class Hangup:
    """The end of the call."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Another document."""

    url: str
    method: str


@dataclass(frozen=True, slots=True)
class Dial:
    """Ring a representative. ``whisper`` is asked for what to tell them first."""

    number: str
    timeout_s: float
    action: str | None
    method: str
    whisper: str | None


@dataclass(frozen=True, slots=True)
class Reject:
    """The call is not answered. ``reason`` is what the caller hears of it: ``rejected`` or ``busy``."""

    reason: str


@dataclass(frozen=True, slots=True)
class Gather:
    """Keys are asked for while ``prompts`` are heard, and for ``timeout_s`` after them.

    ``most`` digits end it, or ``finish`` does, which is not among the digits. ``always``: ``action`` is asked even when
    no key was pressed.
    """

    prompts: tuple["Say | Pause", ...]
    action: str
    method: str
    timeout_s: float
    most: int | None
    finish: str
    always: bool


@dataclass(frozen=True, slots=True)
class Record:
    """The caller is recorded: until a key of ``finish``, ``silence_s`` of silence, or ``longest_s``."""

    action: str
    method: str
    silence_s: float
    longest_s: float
    finish: str
    beeps: bool
    trims: bool
    status_callback: str | None


Verb = Connect | Say | Pause | Hangup | Redirect | Dial | Reject | Gather | Record


def parse(document: str, url: str, complain: Complain) -> list[Verb]:
    """Read the answer to a request of ``url`` (its relative addresses start there).

    What Twilio would refuse is complained of with its error code and left out.
    """
    try:
        root = ElementTree.fromstring(document)
    except ElementTree.ParseError as problem:
        complain(DOCUMENT_BROKEN, f"TwiML does not parse: {problem}")
        return []
    if root.tag != "Response":
        complain(DOCUMENT_BROKEN, f"TwiML begins with <{root.tag}>, not <Response>")
        return []
    reader = _Reader(url, complain)
    verbs = [verb for element in root if (verb := reader.verb(element)) is not None]
    if any(isinstance(verb, Reject) for verb in verbs[1:]):
        complain(SCHEMA, "<Reject> must come first: the call is answered already")
    return verbs


def rejected(document: str) -> str:
    """Why the call is not even answered, when the document begins with ``<Reject>``; else nothing."""
    first = parse(document, "", lambda _code, _problem: None)[:1]
    return first[0].reason if first and isinstance(first[0], Reject) else ""


class _Reader:
    """Reads the elements of one document."""

    def __init__(self, url: str, complain: Complain) -> None:
        self._url = url
        self._complain = complain

    def verb(self, element: ElementTree.Element) -> Verb | None:
        self._attributes(element)
        found: Verb | None = None
        match element.tag:
            case "Connect":
                found = self._connect(element)
            case "Say":
                found = self._say(element)
            case "Pause":
                found = Pause(self._seconds(element, "length", 1.0))
            case "Hangup":
                found = Hangup()
            case "Redirect":
                found = Redirect(self._address(_text(element)) or self._url, self._method(element))
            case "Dial":
                found = self._dial(element)
            case "Reject":
                found = self._reject(element)
            case "Gather":
                found = self._gather(element)
            case "Record":
                found = self._record(element)
            case _:
                self._complain(SCHEMA, f"<{element.tag}> is no verb that this phone carries out")
        return found

    def _attributes(self, element: ElementTree.Element) -> None:
        for name in sorted(set(element.attrib) - _ATTRIBUTES.get(element.tag, set(element.attrib))):
            self._complain(SCHEMA, f"<{element.tag}> has no attribute {name}")

    def _say(self, element: ElementTree.Element) -> Say | None:
        text = " ".join("".join(element.itertext()).split())
        if text:
            return Say(text)
        self._complain(SCHEMA, "<Say> has nothing to say")
        return None

    def _connect(self, element: ElementTree.Element) -> Connect | None:
        streams = element.findall("Stream")
        if len(streams) != 1 or len(element) != 1:
            self._complain(SCHEMA, "<Connect> must hold one <Stream> and nothing else")
            return None
        stream = streams[0]
        self._attributes(stream)
        url = self._stream_url(stream.get("url", ""))
        if url is None:
            return None
        if stream.get("track", "inbound_track") != "inbound_track":
            self._complain(TRACK, "<Stream track> under <Connect> can only be inbound_track")
            return None
        return Connect(
            url=url,
            action=self._address(element.get("action")),
            method=self._method(element),
            name=stream.get("name", ""),
            status_callback=self._absolute(stream.get("statusCallback")),
            parameters=MappingProxyType(self._parameters(stream)),
        )

    def _stream_url(self, given: str) -> str | None:
        url = urljoin(self._url.replace("http", "ws", 1), given) if given.startswith("/") else given
        parts = urlsplit(url)
        if not given or not parts.netloc:
            self._complain(URL, f"<Stream url> {given!r} is no address")
            return None
        if parts.scheme != "wss":
            self._complain(SCHEME, f"<Stream url> is {parts.scheme}://, only wss:// is taken")
            return None
        if parts.query:
            self._complain(URL, "<Stream url> has a query string, which Twilio strips: use <Parameter>")
        return parts._replace(query="").geturl()

    def _parameters(self, stream: ElementTree.Element) -> dict[str, str]:
        parameters = {}
        for element in stream:
            self._attributes(element)
            name, value = element.get("name", ""), element.get("value", "")
            if element.tag != "Parameter" or not name:
                self._complain(SCHEMA, f"<Stream> may hold <Parameter name value>, not <{element.tag}>")
            elif len(name) + len(value) >= MOST_PARAMETER:
                self._complain(SCHEMA, f"<Parameter> {name} has {MOST_PARAMETER} characters or more")
            else:
                parameters[name] = value
        return parameters

    def _dial(self, element: ElementTree.Element) -> Dial | None:
        numbers = element.findall("Number")
        for number in numbers:
            self._attributes(number)
        if len(numbers) != len(element) or len(numbers) > 1:
            self._complain(SCHEMA, "<Dial> may hold a number or one <Number>")
            return None
        dialled = _text(numbers[0] if numbers else element)
        if not _NUMBER.fullmatch(dialled):
            self._complain(DIAL_NUMBER, f"<Dial> has {dialled!r}, which is no E.164 number")
            return None
        whisper = self._address(numbers[0].get("url")) if numbers else None
        timeout_s = self._seconds(element, "timeout", 30.0)
        return Dial(dialled, timeout_s, self._address(element.get("action")), self._method(element), whisper)

    def _reject(self, element: ElementTree.Element) -> Reject:
        """https://www.twilio.com/docs/voice/twiml/reject"""
        reason = element.get("reason", "rejected")
        if reason not in ("rejected", "busy"):
            self._complain(SCHEMA, f"<Reject reason> is {reason}, not rejected or busy")
        return Reject(reason)

    def _gather(self, element: ElementTree.Element) -> Gather:
        """https://www.twilio.com/docs/voice/twiml/gather"""
        prompts = [verb for nested in element if (verb := self.verb(nested)) is not None]
        fit = tuple(verb for verb in prompts if isinstance(verb, Say | Pause))
        if len(fit) != len(prompts):
            self._complain(SCHEMA, "<Gather> may hold <Say>, <Play> and <Pause> only")
        if element.get("input", "dtmf") != "dtmf":
            self._complain(SCHEMA, "<Gather input>: this phone has keys only")
        digits = self._seconds(element, "numDigits", 0.0)
        return Gather(
            prompts=fit,
            action=self._address(element.get("action")) or self._url,
            method=self._method(element),
            timeout_s=self._seconds(element, "timeout", 5.0),
            most=int(digits) or None,
            finish=element.get("finishOnKey", "#"),
            always=element.get("actionOnEmptyResult", "false") == "true",
        )

    def _record(self, element: ElementTree.Element) -> Record:
        """https://www.twilio.com/docs/voice/twiml/record"""
        longest_s = self._seconds(element, "maxLength", 3_600.0)
        if longest_s <= 1:
            self._complain(SCHEMA, "<Record maxLength> must be greater than 1")
        return Record(
            action=self._address(element.get("action")) or self._url,
            method=self._method(element),
            silence_s=self._seconds(element, "timeout", 5.0),
            longest_s=longest_s,
            finish=element.get("finishOnKey", "1234567890*#"),
            beeps=element.get("playBeep", "true") == "true",
            trims=element.get("trim", "trim-silence") == "trim-silence",
            status_callback=self._address(element.get("recordingStatusCallback")),
        )

    def _address(self, given: str | None) -> str | None:
        return urljoin(self._url, given) if given else None

    def _absolute(self, given: str | None) -> str | None:
        if given is None or given.startswith(("http://", "https://")):
            return given
        self._complain(SCHEMA, "<Stream statusCallback> must be an absolute address")
        return None

    def _method(self, element: ElementTree.Element) -> str:
        method = element.get("method", "POST")
        if method not in _METHODS:
            self._complain(SCHEMA, f"<{element.tag} method> is {method}, not GET or POST")
            return "POST"
        return method

    def _seconds(self, element: ElementTree.Element, name: str, otherwise: float) -> float:
        given = element.get(name)
        if given is None or given.isdecimal():
            return float(given) if given else otherwise
        self._complain(SCHEMA, f"<{element.tag} {name}> must be a whole number of seconds")
        return otherwise


def _text(element: ElementTree.Element) -> str:
    return (element.text or "").strip()
