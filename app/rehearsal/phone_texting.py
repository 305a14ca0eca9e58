"""The messages app of a rehearsed telephone: texts and pictures to the number called, and what comes back."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from app.rehearsal.phone_notes import MEDIA, Notes
from app.rehearsal.phone_texts import LONGEST_TEXT, MediaShelf, Medium, media_parameters, replies, text_parameters
from app.rehearsal.phone_webhooks import Webhooks, sid

_TYPES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"GIF8": "image/gif", b"RIFF": "image/webp"}


@dataclass(slots=True)
class Texting:
    """One telephone's texts. ``media`` is where its pictures are kept for the app to fetch; None is nowhere."""

    account_sid: str
    own: str
    other: str
    notes: Notes
    media: MediaShelf | None = None
    received: list[str] = field(default_factory=list)

    async def send(self, webhooks: Webhooks, url: str, body: str, pictures: tuple[tuple[bytes, str], ...] = ()) -> None:
        """Send a text with pictures and their types; returns when the app has answered it."""
        if len(body) > LONGEST_TEXT:
            raise ValueError(f"a text has at most {LONGEST_TEXT} characters, not {len(body)}")
        message_sid = sid("MM" if pictures else "SM")
        parameters = text_parameters(self.account_sid, message_sid, self.own, self.other, body)
        media = self._kept(message_sid, pictures)
        if media is None:
            self.notes.complain(MEDIA, "a picture cannot be sent: no REST API hands it out to the app")
            return
        sizes = ", ".join(f"{kind} of {len(content)} bytes" for content, kind in pictures)
        self.notes.happened("texted", " + ".join(part for part in (body, sizes) if part))
        answer = await webhooks.document(url, parameters | media_parameters(media))
        for reply in [] if answer is None else replies(answer, self.notes.complain):
            self.arrived(reply)

    def arrived(self, body: str) -> None:
        """A text from the other side."""
        self.received.append(body)
        self.notes.happened("text received", body)

    def _kept(self, message_sid: str, pictures: tuple[tuple[bytes, str], ...]) -> tuple[Medium, ...] | None:
        if not pictures:
            return ()
        shelf = self.media
        return None if shelf is None else tuple(shelf.put(message_sid, content, kind) for content, kind in pictures)


async def told_of(picture: Path | bytes, content_type: str) -> tuple[bytes, str]:
    """A picture's bytes and its type, as a telephone would name it unless told. Raises OSError for no such file."""
    content = picture if isinstance(picture, bytes) else await asyncio.to_thread(picture.read_bytes)
    named = (kind for begin, kind in _TYPES.items() if content.startswith(begin))
    return content, content_type or next(named, "application/octet-stream")
