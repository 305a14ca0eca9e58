"""A transport that tells when the other side is gone: the library tells only those who wait for an answer."""

import contextvars
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from mcp.client._transport import ReadStream, Transport, TransportStreams
from mcp.shared.message import SessionMessage


class Watched:
    """What is read from a server. The library leaves it when there is nothing more to come."""

    def __init__(self, inner: ReadStream[SessionMessage | Exception], ended: Callable[[], None]) -> None:
        self._inner = inner
        self._ended = ended

    @property
    def last_context(self) -> contextvars.Context | None:
        context: contextvars.Context | None = getattr(self._inner, "last_context", None)
        return context

    async def receive(self) -> SessionMessage | Exception:
        return await self._inner.receive()

    async def aclose(self) -> None:
        await self._inner.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        return await self._inner.__anext__()

    async def __aenter__(self) -> Self:
        await self._inner.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        self._ended()
        return await self._inner.__aexit__(kind, error, trace)


@asynccontextmanager
async def watched(transport: Transport, ended: Callable[[], None]) -> AsyncIterator[TransportStreams]:
    """The transport, for as long as the block lasts; ``ended`` is called when nothing more comes."""
    async with transport as (read, write):
        yield Watched(read, ended), write
