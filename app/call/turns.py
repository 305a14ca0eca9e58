"""One turn of either side in words, and what of it was heard."""

from collections.abc import Mapping
from dataclasses import dataclass, field

WHOLE = 0.97  # heard to this share: heard whole (fades and the resampler's tail)

# Thai to Burmese, then from the CJK radicals on but without Hangul: scripts that do not part words by spaces.
_SPACELESS = (range(0x0E00, 0x10A0), range(0x2E80, 0xAC00), range(0xF900, 0xFB00), range(0x20000, 0x32000))


@dataclass(slots=True)
class AssistantTurn:
    """One turn of the assistant: its words, and where its sound lies in the playout."""

    generation: int
    opened_at: float
    answers: int = 0  # how many turns the caller had had when it began
    start_ms: float = 0.0  # position in the playout of its first sound
    generated_ms: float = 0.0
    first_sent_at: float | None = None
    came_at: float = 0.0  # its first sound came from the model
    gap_ms: int | None = None
    waited_from: float | None = None  # since then the caller had waited for it
    tools: int | None = None  # used meanwhile
    told_at: float | None = None  # the model was told that they are done
    played_at: float | None = None  # its first sound was at their ear
    over_ms: int | None = None  # the caller still spoke for so long
    stopped_ms: int | None = None  # so long after the caller broke in it was cut
    language: str | None = None
    text: str = ""
    generated: bool = False  # no more sound comes
    complete: bool = False  # nothing more comes
    sources: list[Mapping[str, str]] = field(default_factory=list)  # where its facts are from
    cut_ms: float | None = None  # heard of it when it was cut ...
    cut_at: float = 0.0  # ... at this time

    @property
    def end_ms(self) -> float:
        """Position in the playout at which its sound ends."""
        return self.start_ms + self.generated_ms

    def since_waited(self, at: float | None) -> int | None:
        """Milliseconds that the caller had waited for it ``at`` a time."""
        if at is None or self.waited_from is None:
            return None
        return max(0, round((at - self.waited_from) * 1000))

    def heard_of(self, heard_ms: float) -> float:
        """Milliseconds of its sound that are heard when the ear is at ``heard_ms``."""
        return self.cut_ms if self.cut_ms is not None else min(max(0.0, heard_ms - self.start_ms), self.generated_ms)

    def split(self, heard_ms: float) -> tuple[str, str]:
        """Words heard and words generated but not heard, when ``heard_ms`` of its sound was heard."""
        text = " ".join(self.text.split())
        if not self.generated_ms or not text:
            return "", text
        if heard_ms >= self.generated_ms * WHOLE:
            return text, ""
        cut = _word_before(text, int(len(text) * heard_ms / self.generated_ms))
        return text[:cut].strip(), text[cut:].strip()


def _word_before(text: str, cut: int) -> int:
    """Where the word at ``cut`` begins: half a word was not heard."""
    if text[cut : cut + 1] == " " or any(ord(text[cut]) in script for script in _SPACELESS):
        return cut
    return text.rfind(" ", 0, cut) + 1


@dataclass(slots=True)
class CallerTurn:
    """What the caller says until the assistant answers."""

    opened_at: float
    text: str = ""
    language: str | None = None
    ended_at: float | None = None  # when they stopped speaking, by our own detector
    words_at: float = 0.0  # when the last of the words came
    finished: bool = False  # the service said that these are all the words
    half: str = ""  # what a session understood that is gone or deaf: the next hears the sound again
    answered_by: int | None = None  # the generation that began to sound since

    @property
    def words(self) -> str:
        """The words, evenly spaced; half understood ones until they are heard again."""
        return " ".join((self.text if self.text.strip() else self.half).split())
