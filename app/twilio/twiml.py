"""The documents that tell Twilio what to do with a call.

https://www.twilio.com/docs/voice/twiml
"""

from dataclasses import dataclass
from functools import lru_cache

from langcodes import closest_match
from langcodes.tag_parser import LanguageTagError
from twilio.twiml.messaging_response import MessagingResponse
from twilio.twiml.voice_response import Connect, Dial, VoiceResponse

from app.twilio.signature import stream_url

TOKEN_PARAMETER = "token"
MEDIA_PATH = "/media"
AFTER_STREAM_PATH = "/voice/after-stream"
AFTER_DIAL_PATH = "/voice/after-dial"
STREAM_STATUS_PATH = "/voice/stream-status"

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


def connect_stream(public_url: str, token: str, apology: Sentence) -> str:
    """Stream the call's sound to us; when the stream is over Twilio asks /voice/after-stream.

    The apology is the net under a dead server: it is reached where that request cannot be made.
    """
    public_url = public_url.rstrip("/")
    connect = Connect(action=public_url + AFTER_STREAM_PATH, method="POST")
    stream = connect.stream(
        url=stream_url(public_url, MEDIA_PATH),
        status_callback=public_url + STREAM_STATUS_PATH,
        status_callback_method="POST",
    )
    stream.parameter(name=TOKEN_PARAMETER, value=token)
    response = VoiceResponse()
    response.append(connect)
    return _end(response, apology)


def hang_up(say: Sentence | None) -> str:
    """End the call, after a sentence if there is one."""
    return _end(VoiceResponse(), say)


def decline(sentence: Sentence) -> str:
    """Answer a call that cannot be taken with a polite sentence."""
    return hang_up(sentence)


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
