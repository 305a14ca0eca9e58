"""What a call's tools did before: each use with its end, as a journal has them."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.call.events import ToolReturned


@dataclass(frozen=True, slots=True)
class Used:
    """One use of a tool; ``end`` is None for one that had not come back when its process died.

    ``known_by`` stands for its arguments where the journal hides them.
    """

    name: str
    args: Mapping[str, object]
    end: ToolReturned | None = None
    known_by: str = ""
