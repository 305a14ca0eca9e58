"""Parts that the Live service plays, and a model that runs against it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from google import genai

from app.audio.pcm import Audio
from app.gemini.session import LiveModel
from app.gemini.setup import SetupWish

from .conftest import Heard, Peer, Play

SPANISH = "RESPOND IN SPANISH. YOU MUST RESPOND UNMISTAKABLY IN SPANISH."
BOTH = SetupWish(languages=("en-US", "es-US"), language="en-US")
FRAME = Audio(b"\x10\x00" * 160, 8_000)


@asynccontextmanager
async def running(
    client: genai.Client, heard: Heard, wish: SetupWish | None = None, **kw: Any
) -> AsyncIterator[LiveModel]:
    """A model that runs, and is over within a second of being closed."""
    model = LiveModel(client, wish or SetupWish(), heard, **dict[str, Any](backend="developer", uplink_ms=20) | kw)
    async with asyncio.TaskGroup() as tasks:
        run = tasks.create_task(model.run())
        yield model
        model.close()
        async with asyncio.timeout(1.0):
            await run


async def stay(peer: Peer) -> None:
    """Accept, then listen to the end."""
    await peer.accept()
    await peer.hear_all()


def hearing(sent: list[Any], frames: int = 1) -> Play:
    """Accept, hear so many frames into ``sent``, then say that the turn is over."""

    async def play(peer: Peer) -> None:
        await peer.accept()
        sent.extend([await peer.hear() for _ in range(frames)])
        await peer.say({"serverContent": {"turnComplete": True}})

    return play


def closing(code: int, reason: str) -> Play:
    """Accept, then close."""

    async def play(peer: Peer) -> None:
        await (await peer.accept()).close(code, reason)

    return play


def told_at_setup(peer: Peer) -> str:
    """The instruction that the model was set up with."""
    return str(peer.setup["systemInstruction"]["parts"][0]["text"])
