"""What a stream tells of its sound to whoever records it; ``now`` is the stream's own clock, in seconds.

All is told in the order it came, for the order says more than the clock: a mark that comes back between two pieces of
the caller's sound belongs there, however late both are.
"""

from typing import Protocol


class Tape(Protocol):
    """Takes in what one stream carries. Every method returns at once."""

    def heard(self, mulaw: bytes, at_ms: int, now: float) -> None:
        """The caller's sound, 8 kHz, that begins at ``at_ms`` by the phone's own count."""

    def sent(self, mulaw: bytes, now: float) -> None:
        """The assistant's sound went on its way to the phone."""

    def marked(self, name: str) -> None:
        """A mark went after what was sent."""

    def returned(self, name: str) -> None:
        """A mark came back: what it went after was heard, or swept out."""

    def cleared(self, now: float) -> None:
        """What has not sounded when this reaches the phone will not sound."""

    def keyed(self) -> None:
        """The caller pressed a key, whose tone says which."""
