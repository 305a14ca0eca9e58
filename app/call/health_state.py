"""What a call remembers of how well its model is."""

from collections import deque
from dataclasses import dataclass, field

TURNS_COMPARED = 3  # the same words in so many turns running are a loop


@dataclass(slots=True)
class Health:
    """Counts and times of everything that may turn out to be a model that is unwell."""

    # an answer that the caller, or we, wait for
    asked_at: float | None = None
    told: str = ""  # the instruction of ours that asked; empty: the caller did
    steps: int = 0  # taken of answers.STEPS ...
    stepped_at: float = float("-inf")  # ... the last of them then
    broke_in_at: float = float("-inf")  # an instruction of ours broke into the model's turn

    # turns
    sounded: bool = False  # sound or a tool has come since the end of the last turn
    empties: int = 0  # turns without either, in a row
    afresh: int = 0  # sessions begun afresh since a turn was well ...
    afresh_ever: int = 0  # ... and in this call

    # sound
    silent_ms: float = 0.0  # in a row, as the next two
    tone_ms: float = 0.0
    unworded_ms: float = 0.0  # sound since the last words of the assistant
    worded_at: float = 0.0
    worded: bool = False  # the session puts its sound into words

    # interruptions
    doubted_at: float | None = None  # the model was interrupted, and nobody was heard to speak
    phantom_at: float | None = None  # that was no doubt any more
    go_on: bool = False  # the rest of the answer is owed
    phantoms: int = 0

    # loops
    turns: deque[str] = field(default_factory=lambda: deque(maxlen=TURNS_COMPARED - 1))  # the last, in words
    refusals: int = 0  # in a row
    broken: int = 0  # loops we had the model break out of
