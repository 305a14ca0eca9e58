"""The documents that tell Twilio what to do with a call.

https://www.twilio.com/docs/voice/twiml
"""

from dataclasses import dataclass
from functools import lru_cache

from langcodes import closest_match
from langcodes.tag_parser import LanguageTagError
from twilio.twiml.messaging_response import MessagingResponse
from twilio.twiml.voice_response import Connect, Dial, Gather, VoiceResponse

from app.twilio.signature import stream_url

TOKEN_PARAMETER = "token"
AGAIN_PARAMETER = "again"  # the call has had a stream before, here or in another process
MEDIA_PATH = "/media"
AFTER_STREAM_PATH = "/voice/after-stream"
AFTER_DIAL_PATH = "/voice/after-dial"
STREAM_STATUS_PATH = "/voice/stream-status"
CALLBACK_PATH = "/voice/callback"
MESSAGE_PATH = "/voice/message"
RECORDING_PATH = "/voice/recording"

DIAL_S = 20
KEY_WITHIN_S = 6
OFFERED = 2  # times
LONGEST_MESSAGE_S = 120
SILENCE_S = 6  # ends a message

# What <Say> speaks without a voice being named: https://www.twilio.com/docs/voice/twiml/say/text-speech
SAY_LANGUAGES = (
    "en-US", "en-GB", "en-AU", "en-CA", "en-IN", "es-ES", "es-MX", "ca-ES", "pt-BR", "pt-PT", "fr-FR", "fr-CA", "de-DE",
    "it-IT", "nl-NL", "da-DK", "sv-SE", "nb-NO", "fi-FI", "pl-PL", "ru-RU", "ja-JP", "ko-KR", "zh-CN", "zh-HK", "zh-TW",
)  # fmt: skip
_FARTHEST = 10  # langcodes' distance; beyond it people would be spoken to in a neighbour's language


@dataclass(frozen=True, slots=True)
class Sentence:
    """Something for Twilio's own voice to say, in a BCP-47 language."""

    text: str
    language: str


def connect_stream(
    public_url: str, token: str, apology: Sentence, number: str | None = None, *, again: bool = False
) -> str:
    """Stream the call's sound to us; when the stream is over Twilio asks /voice/after-stream.

    The apology, and ``number`` to dial if there is one, are the net under a dead server: they are reached where that
    request cannot be made.
    """
    public_url = public_url.rstrip("/")
    connect = Connect(action=public_url + AFTER_STREAM_PATH, method="POST")
    stream = connect.stream(
        url=stream_url(public_url, MEDIA_PATH),
        status_callback=public_url + STREAM_STATUS_PATH,
        status_callback_method="POST",
    )
    stream.parameter(name=TOKEN_PARAMETER, value=token)
    if again:
        stream.parameter(name=AGAIN_PARAMETER, value="yes")
    response = VoiceResponse()
    response.append(connect)
    return _without_us(response, apology, number)


def fallback(apology: Sentence, number: str | None) -> str:
    """What callers get while we do not answer at all: a document for another host, which needs nothing of ours."""
    return _without_us(VoiceResponse(), apology, number)


def _without_us(response: VoiceResponse, apology: Sentence, number: str | None) -> str:
    _say(response, apology)
    if number is not None:
        dialling = Dial(timeout=DIAL_S)
        dialling.number(number)
        response.append(dialling)
    return _end(response, None)


def reject() -> str:
    """Do not even answer: such a call costs nothing. https://www.twilio.com/docs/voice/twiml/reject"""
    response = VoiceResponse()
    response.reject(reason="rejected")
    return str(response)


def offer_callback(public_url: str, offer: Sentence) -> str:
    """Ask for a key, twice; one that is pressed is told to /voice/callback."""
    response = VoiceResponse()
    action = public_url.rstrip("/") + CALLBACK_PATH
    for _ in range(OFFERED):
        asking = Gather(input="dtmf", num_digits=1, timeout=KEY_WITHIN_S, action=action, method="POST")
        asking.say(offer.text, language=say_language(offer.language))
        response.append(asking)
    return _end(response, None)


def take_message(public_url: str, prompt: Sentence, nothing: Sentence) -> str:
    """Record what the caller says after a tone, and tell /voice/message when they are done.

    Twilio goes on in the document where there was nothing to record: then the caller hears ``nothing``.
    https://www.twilio.com/docs/voice/twiml/record
    """
    public_url = public_url.rstrip("/")
    response = VoiceResponse()
    _say(response, prompt)
    response.record(
        action=public_url + MESSAGE_PATH,
        method="POST",
        max_length=LONGEST_MESSAGE_S,
        timeout=SILENCE_S,
        finish_on_key="#",
        play_beep=True,
        recording_status_callback=public_url + RECORDING_PATH,
        recording_status_callback_method="POST",
        recording_status_callback_event="completed",
    )
    return _end(response, nothing)


def hang_up(say: Sentence | None) -> str:
    """End the call, after a sentence if there is one."""
    return _end(VoiceResponse(), say)


def dial(number: str, caller_id: str | None, timeout_s: int, action: str, say: Sentence | None) -> str:
    """Put the caller through to ``number``; how that ends is told to ``action``."""
    response = VoiceResponse()
    _say(response, say)
    dialling = Dial(action=action, method="POST", timeout=timeout_s, caller_id=caller_id, answer_on_bridge=True)
    dialling.number(number)
    response.append(dialling)
    return str(response)


def text_back(body: str | None) -> str:
    """Answer a text message with one, or with nothing."""
    response = MessagingResponse()
    if body is not None:
        response.message(body)
    return str(response)


@lru_cache(maxsize=256)
def say_language(language: str) -> str | None:
    """The language of ``<Say>`` nearest to a BCP-47 one; None where it speaks nothing like it."""
    try:
        nearest, _distance = closest_match(language, list(SAY_LANGUAGES), max_distance=_FARTHEST)
    except LanguageTagError:
        return None
    if nearest in SAY_LANGUAGES:
        return nearest
    return next((spoken for spoken in SAY_LANGUAGES if spoken[:2] == language[:2].lower()), None)


def _end(response: VoiceResponse, say: Sentence | None) -> str:
    _say(response, say)
    response.hangup()
    return str(response)


def _say(response: VoiceResponse, sentence: Sentence | None) -> None:
    if sentence is not None:
        response.say(sentence.text, language=say_language(sentence.language))
