"""The writes of one call by their key: one that was done is not done again, one under way is joined."""

import asyncio
import hashlib
import hmac
from dataclasses import dataclass

from app.toolkit.answers import Answer
from app.toolkit.declare import Caller


@dataclass(slots=True)
class Write:
    """One write. ``answer`` once it was done; ``unsure`` when nobody knows; ``told`` once its effect was reported.

    ``task`` is None for one that was done in another process.
    """

    task: asyncio.Task[object] | None
    answer: Answer | None = None
    unsure: bool = False
    told: bool = False

    @property
    def over(self) -> bool:
        return self.task is None or self.task.done()

    def tell(self) -> bool:
        """Whether this is the first time that its effect is reported."""
        first, self.told = not self.told, True
        return first


class Ledger:
    """The writes of one call."""

    def __init__(self) -> None:
        self._writes: dict[str, Write] = {}

    def standing(self, key: str) -> Write | None:
        """The write of this key, under way or over; None when it may be begun."""
        return self._writes.get(key)

    def enter(self, key: str, running: asyncio.Task[object]) -> Write:
        """Enter the write of this key, which is under way."""
        write = self._writes[key] = Write(running)
        return write

    def done(self, key: str, answer: Answer) -> None:
        """Enter the write of this key, which another process has done and told of."""
        self._writes[key] = Write(None, answer, told=True)

    def forget(self, key: str, write: Write) -> None:
        """It was not done: it may be tried again."""
        if self._writes.get(key) is write:
            del self._writes[key]


def known_by(secret: bytes, call_sid: str, name: str, arguments: bytes) -> str:
    """What stands for the arguments of a use on record: without the secret, nobody can try which they were."""
    return hmac.digest(secret, b"\0".join((call_sid.encode(), name.encode(), arguments)), "sha256").hex()


def use_key(caller: Caller, name: str, arguments: str) -> str:
    """The idempotency key of one use of a tool, its ``arguments`` as they are known by.

    What is asked for one customer is not what is asked for another.
    """
    parts = (caller.call_sid, name, caller.customer, arguments)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
