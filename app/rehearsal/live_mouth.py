"""How the model's speech goes out: in messages of about a quarter second, faster than it is heard."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

from app.rehearsal.actions import Action
from app.rehearsal.ailing import MESSAGE_BYTES, endless, spoilt
from app.rehearsal.faults import Fault
from app.rehearsal.live_protocol import said, spoken
from app.rehearsal.live_talk import Usage
from app.rehearsal.speech import Voice, sentences

BYTES_PER_S = 48_000  # 24 kHz PCM16
FASTER = 5.0  # than real time

Send = Callable[[Mapping[str, object]], Awaitable[None]]


@dataclass(slots=True)
class Turn:
    """One turn of the model while it goes on. Times are of the event loop."""

    began: float = 0.0  # when the first sound was sent
    sent_s: float = 0.0  # sound sent
    due: float = 0.0  # when the next sound may be sent
    messages: int = 0
    said: list[str] = field(default_factory=list)
    held: bool = False  # waits for a blocking tool
    ill: bool = False  # of a session that is unwell by now
    cut_after: int = 0  # so many messages it is cut by a phantom
    text: str = ""  # all that is to be said ...
    language: str = ""  # ... in this language ...
    left: Sequence[Action] = ()  # ... and done after what is being said now
    generating: asyncio.Task[None] | None = None

    @property
    def unsaid(self) -> str:
        """What of its text has not been sent."""
        return " ".join(self.text.split()[len("".join(self.said).split()) :])

    @property
    def heard_until(self) -> float:
        """When a client that plays in real time has played it all."""
        return self.began + self.sent_s


def pieces(sentence: str, pcm: bytes) -> list[tuple[str, bytes]]:
    """The sound in messages, each with the words that belong to it, spread evenly; the words join to the sentence."""
    chunks = [pcm[start : start + MESSAGE_BYTES] for start in range(0, len(pcm), MESSAGE_BYTES)] or [b""]
    words = [word + " " for word in sentence.split()]
    cuts = [round((index + 1) * len(words) / len(chunks)) for index in range(len(chunks))]
    starts = [0, *cuts[:-1]]
    return [("".join(words[start:end]), chunk) for start, end, chunk in zip(starts, cuts, chunks, strict=True)]


class Mouth:
    """Speaks into one connection."""

    def __init__(self, *, send: Send, voice: Voice, thread: Executor, usage: Usage, fault: Fault, words: bool) -> None:
        self._send = send
        self._voice = voice
        self._thread = thread
        self._usage = usage
        self._fault = fault
        self._words = words

    async def speak(self, turn: Turn, text: str, language: str) -> None:
        """Send ``text`` as sound and words. What has gone out is in ``turn`` at any time."""
        loop, pcm = asyncio.get_running_loop(), b""
        turn.text, turn.language = f"{turn.text} {text}", language
        for sentence in sentences(text):
            pcm = await loop.run_in_executor(self._thread, self._voice.sentence, sentence, language)
            said = pieces(sentence, pcm)
            for words, chunk in spoilt(self._fault, said, turn.sent_s) if turn.ill else said:
                await self._piece(turn, words, chunk)
                if turn.cut_after and turn.messages >= turn.cut_after:
                    return
        for chunk in endless(self._fault, pcm, turn.sent_s) if turn.ill else ():
            await self._piece(turn, "", chunk)

    async def _piece(self, turn: Turn, words: str, chunk: bytes) -> None:
        loop = asyncio.get_running_loop()
        if turn.due > loop.time():
            await asyncio.sleep(turn.due - loop.time())
        if turn.messages and turn.messages == self._fault.stall_after_chunks:
            await asyncio.sleep(self._fault.stall_s)
        now, seconds = loop.time(), len(chunk) / BYTES_PER_S
        if not turn.began:
            turn.began = now
        elif turn.heard_until < now:
            turn.began = now - turn.sent_s  # the client ran dry and plays on from here
        turn.due = now + seconds / FASTER
        turn.sent_s += seconds
        turn.messages += 1
        turn.said.append(words)
        self._usage.spoke(seconds)
        if words and self._words:
            await self._send(said(words))
        if chunk:
            await self._send(spoken(chunk))
