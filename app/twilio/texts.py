"""The caller texts the number in the middle of the call: which call that is for, and what the text says back."""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import phonenumbers
import structlog

from app.call.image import Image
from app.twilio.photos import MediaRef, PhotoNotTaken
from app.twilio.recent import remember

LONGEST_BODY: Final = 1_600  # characters: https://www.twilio.com/docs/messaging/guides/webhook-request
HELD_S: Final = 120.0  # so long a text waits for the answer to "which call?"
MOST_HELD: Final = 5  # texts of one number that wait
MOST_ASKED: Final = 200  # numbers that were asked which call
TOLD_EVERY_S: Final = 3_600.0  # that no call is going on: two machines must not text each other for ever
MOST_TOLD: Final = 10_000
MOST_PHOTOS: Final = 5  # of one text
MOST_PHOTOS_A_CALL: Final = 20
MOST_TEXTS_A_CALL: Final = 50
MOST_COUNTED: Final = 2_000  # calls

# Twilio answers these itself: https://help.twilio.com/articles/223134027-Twilio-support-for-opt-out-keywords-SMS-STOP-filtering-
# (YES is among them, but in a call it is an answer.)
TWILIOS_OWN: Final = frozenset(
    ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "START", "UNSTOP", "HELP", "INFO"]
)
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")  # a short code or a name in letters is a machine

log = structlog.get_logger(__name__)

CallsOf = Callable[[str], Sequence[tuple[str, str]]]  # a caller's number → (CallSid, number called), oldest first
Deliver = Callable[[str, str, tuple[Image, ...]], None]  # CallSid, body, pictures


@dataclass(frozen=True, slots=True)
class TextIn:
    """A text message to one of our numbers. Numbers are E.164, a short code or a name; at most ten media."""

    message_sid: str
    from_: str
    to: str
    body: str
    media: tuple[MediaRef, ...] = ()


class PhotoShelf(Protocol):
    """Where pictures are fetched from; raises PhotoNotTaken."""

    async def fetch(self, ref: MediaRef) -> Image: ...


@dataclass(frozen=True, slots=True)
class Words:
    """What is texted back. ``{count}``, ``{choices}``, ``{number}`` and ``{called}`` are filled in."""

    no_call: str = "We can take texts and pictures only while you are on the phone with us. Please call us first."
    which: str = "You have {count} calls with us. Which is this for, the oldest first? Reply {choices}."
    choice: str = "{number} for the call to {called}"
    over: str = "That call has ended."
    unreadable: str = "We could not open that picture. Please send a JPEG or PNG."
    too_large: str = "That picture is too large for us. Please send a smaller one."
    not_fetched: str = "We could not get that picture. Please send it again."
    too_many: str = "That is more pictures than we can take. Please send no more than five at a time."


@dataclass(frozen=True, slots=True)
class _Asked:
    """A number was asked which call; its texts wait."""

    calls: tuple[tuple[str, str], ...]
    texts: tuple[TextIn, ...]
    until: float


@dataclass(slots=True)
class _Taken:
    """What a call has taken in."""

    texts: int = 0
    photos: int = 0


class TextDesk:
    """Brings each text to the call of its sender, or asks which; says so when there is none.

    Without ``photos`` there is no account that pictures could be fetched from. ``words`` gives the sentences for the
    number texted. A text is only words: its sender's number can be forged, so
    nothing here, and nothing in the call, may take it for proof of anything.
    """

    def __init__(
        self,
        calls_of: CallsOf,
        deliver: Deliver,
        photos: PhotoShelf | None,
        *,
        words: Callable[[str], Words] = lambda called: Words(),
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._calls_of = calls_of
        self._deliver = deliver
        self._photos = photos
        self._words = words
        self._wall = wall
        self._asked: OrderedDict[str, _Asked] = OrderedDict()
        self._told: OrderedDict[str, float] = OrderedDict()
        self._taken: OrderedDict[str, _Taken] = OrderedDict()

    async def text(self, text: TextIn) -> str | None:
        """Take a text in; what to text back, if anything."""
        if not _NUMBER.fullmatch(text.from_) or text.body.strip().upper() in TWILIOS_OWN:
            log.info("text left alone", reason="not from a telephone, or a word that Twilio answers")
            return None
        calls = self._calls_for(text)
        waiting = self._waiting(text.from_)
        words = self._words(text.to)
        if not calls:
            return self._tell_no_call(text, words)
        chosen = None if waiting is None else _chosen(text.body, waiting)
        if waiting is not None and chosen is not None:
            del self._asked[text.from_]
            return await self._bring(chosen, waiting.texts, words)
        if len(calls) > 1:
            return self._ask(text, calls, words)
        return await self._bring(calls[0][0], (text,), words)

    def _calls_for(self, text: TextIn) -> tuple[tuple[str, str], ...]:
        """The sender's calls: those to the number texted, if there are any."""
        calls = tuple(self._calls_of(text.from_))
        return tuple(call for call in calls if call[1] == text.to) or calls

    # ---- no call

    def _tell_no_call(self, text: TextIn, words: Words) -> str | None:
        now = self._wall()
        told = now - self._told.get(text.from_, -TOLD_EVERY_S) < TOLD_EVERY_S
        log.info("text without a call", answered=not told)
        if told:
            return None
        remember(self._told, text.from_, now, MOST_TOLD)
        return words.no_call

    # ---- several calls

    def _waiting(self, number: str) -> _Asked | None:
        asked = self._asked.get(number)
        if asked is None or self._wall() > asked.until:
            self._asked.pop(number, None)
            return None
        return asked

    def _ask(self, text: TextIn, calls: tuple[tuple[str, str], ...], words: Words) -> str | None:
        earlier = self._waiting(text.from_)
        texts = (*(earlier.texts if earlier else ()), text)
        if len(texts) > MOST_HELD:
            log.warning("text dropped", reason="too many wait for the answer to which call they are for")
            return None
        remember(self._asked, text.from_, _Asked(calls, texts, self._wall() + HELD_S), MOST_ASKED)
        log.info("text waits", reason="its sender has several calls and is asked which", calls=len(calls))
        labels = [words.choice.format(number=at, called=_short(called)) for at, (_, called) in enumerate(calls, 1)]
        return words.which.format(count=len(calls), choices=", ".join(labels))

    # ---- one call

    async def _bring(self, call_sid: str, texts: tuple[TextIn, ...], words: Words) -> str | None:
        """Fetch what came with the texts, all at once; then hand them to the call, one after another."""
        texts = tuple(text for text in texts if self._room_for_one(call_sid))
        async with asyncio.TaskGroup() as group:
            fetching = [group.create_task(self._pictures(call_sid, text, words)) for text in texts]
        replies = []
        for text, fetched in zip(texts, fetching, strict=True):
            if call_sid not in {going_on for going_on, _ in self._calls_of(text.from_)}:
                return words.over
            pictures, reply = fetched.result()
            replies += [reply] if reply else []
            self._hand_in(call_sid, text.body.strip(), pictures)
        return replies[-1] if replies else None

    def _room_for_one(self, call_sid: str) -> bool:
        taken = self._counted(call_sid)
        taken.texts += 1
        if taken.texts > MOST_TEXTS_A_CALL:
            log.warning("text dropped", call_sid=call_sid, reason="the call has had too many")
        return taken.texts <= MOST_TEXTS_A_CALL

    def _hand_in(self, call_sid: str, body: str, pictures: tuple[Image, ...]) -> None:
        if body or pictures:
            log.info("text taken", call_sid=call_sid, characters=len(body), pictures=len(pictures))
            self._deliver(call_sid, body, pictures)

    async def _pictures(self, call_sid: str, text: TextIn, words: Words) -> tuple[tuple[Image, ...], str | None]:
        """The pictures that could be taken, and what to say about those that could not."""
        taken = self._counted(call_sid)
        refs = text.media[: min(MOST_PHOTOS, MOST_PHOTOS_A_CALL - taken.photos)]
        taken.photos += len(refs)
        async with asyncio.TaskGroup() as group:
            fetching = [group.create_task(self._picture(call_sid, ref, words)) for ref in refs]
        fetched = [task.result() for task in fetching]
        problems = [problem for problem in fetched if isinstance(problem, str)]
        if len(refs) < len(text.media):
            log.warning("pictures dropped", call_sid=call_sid, reason="more than a text, or a call, may bring")
            problems.append(words.too_many)
        return tuple(image for image in fetched if isinstance(image, Image)), problems[0] if problems else None

    async def _picture(self, call_sid: str, ref: MediaRef, words: Words) -> Image | str:
        try:
            if self._photos is None:
                raise PhotoNotTaken("not_fetched", "there is no Twilio account to fetch it from")
            return await self._photos.fetch(ref)
        except PhotoNotTaken as refused:
            log.warning("picture not taken", call_sid=call_sid, reason=str(refused))
            said = {"unreadable": words.unreadable, "too_large": words.too_large, "not_fetched": words.not_fetched}
            return said[refused.problem]

    def _counted(self, call_sid: str) -> _Taken:
        return self._taken.get(call_sid) or remember(self._taken, call_sid, _Taken(), MOST_COUNTED)


def _chosen(body: str, asked: _Asked) -> str | None:
    """The call that ``2`` means."""
    answer = body.strip().rstrip(".)")
    if not (answer.isascii() and answer.isdigit()) or not 1 <= int(answer) <= len(asked.calls):
        return None
    return asked.calls[int(answer) - 1][0]


def _short(number: str) -> str:
    """A number as its owner knows it again: ``+1 …1234``."""
    try:
        return f"+{phonenumbers.parse(number).country_code} …{number[-4:]}"
    except phonenumbers.NumberParseException:
        return number
