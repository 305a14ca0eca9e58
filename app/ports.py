"""What a phone, a model, the tools and the records must offer a bridge.

Every method is synchronous and returns at once: what must wait stands in the edge's own bounded
outbox. What happens comes back as events through the ``feed`` the edge was made with.
"""

from collections.abc import Callable, Mapping
from typing import Literal, Protocol

from app.audio.pcm import Audio
from app.audio.tape import Tape
from app.call.commands import (
    Leaving,
    RecordConsent,
    RecordCost,
    RecordEnd,
    RecordFlag,
    RecordTool,
    RecordTurn,
    Route,
    RunTool,
)
from app.call.events import Event
from app.call.image import Image
from app.call.tool_end import ToolEnd

Feed = Callable[[Event], None]


class Phone(Protocol):
    """One stream of a call."""

    def attach(self, feed: Feed) -> None:
        """Name the receiver of this stream's events, before ``run``."""

    def record(self, tape: Tape) -> None:
        """Tell a tape of all sound, before ``run``."""

    async def run(self) -> None:
        """Read and write the stream until it is over; feeds CallerHungUp exactly once, last."""

    def play(self, audio: Audio, mark: str | None, last: bool) -> None: ...

    def clear(self) -> None: ...

    def leave(self) -> None:
        """Write what waits, then close the stream; Twilio asks /voice/after-stream what is next."""


class Model(Protocol):
    """The Live sessions of a call, one after another."""

    async def run(self) -> None:
        """Own the connections until ``close``: returns soon after it, never raises for the peer's faults."""

    def open(self, greeting: str, said: bool) -> None: ...

    def renew(self, handle: str | None, story: str, after_s: float, route: Route = "first") -> None: ...

    def listen(self, audio: Audio) -> None: ...

    def pause_listening(self) -> None:
        """The caller is done for now, by our own ear."""

    def steer(self, language: str, live: bool) -> None:
        """Set sessions up for this language from now on; ``live``: tell the open one, too."""

    def show(self, image: Image) -> None: ...

    def say(self, instruction: str) -> None: ...

    def tell_heard(self, text: str) -> None: ...

    def answer_tool(
        self,
        id: str,
        name: str,
        response: Mapping[str, object],
        scheduling: Literal["INTERRUPT", "WHEN_IDLE", "SILENT"] | None,
    ) -> None: ...

    def leave(self) -> None:
        """Close the connection; ``renew`` opens another."""

    def close(self) -> None: ...


class Tools(Protocol):
    """The tools of a call's line."""

    async def run(self, use: RunTool) -> ToolEnd:
        """Run to the end, whatever it is; never raises but CancelledError."""


class Records(Protocol):
    """Where a call's turns, tools, flags and end are written, beside the media path."""

    def turn(self, turn: RecordTurn) -> None: ...

    def tool(self, tool: RecordTool) -> None: ...

    def flag(self, flag: RecordFlag) -> None: ...

    def cost(self, cost: RecordCost) -> None: ...

    def consent(self, consent: RecordConsent) -> None: ...

    def claim(self) -> None:
        """The call is on a new stream, here: what its last was left for is over."""

    def leaving(self, step: Leaving) -> None:
        """The call leaves its stream, and this is what Twilio is to do next."""

    def end(self, end: RecordEnd) -> None: ...


class Recording(Protocol):
    """The sound of a call, kept beside the media path if the caller is told, or agrees."""

    def tape(self) -> Tape:
        """For the call's next stream."""

    def consent(self, given: bool) -> None: ...

    def pause(self, on: bool) -> None:
        """Neither side is kept while this is ``on``."""

    def end(self) -> None: ...
