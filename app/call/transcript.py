"""The turns of a call in words: fragments merged, heard and unheard kept apart, none lost at the end."""

from collections import deque
from dataclasses import dataclass, field

from app.call.commands import RecordTurn

STORY_TURNS = 30  # the call so far, as a fresh session is told it
WHOLE = 0.97  # heard to this share: heard whole (fades and the resampler's tail)


@dataclass(slots=True)
class AssistantTurn:
    """One turn of the assistant: its words, and where its sound lies in the playout."""

    generation: int
    opened_at: float
    start_ms: float = 0.0  # position in the playout of its first sound
    generated_ms: float = 0.0
    first_sent_at: float | None = None
    gap_ms: int | None = None
    language: str | None = None
    text: str = ""
    complete: bool = False
    cut_ms: float | None = None  # heard of it when it was cut

    def split(self, heard_ms: float) -> tuple[str, str]:
        """Words heard and words generated but not heard, when ``heard_ms`` of its sound was heard."""
        text = self.text.strip()
        if not self.generated_ms or heard_ms >= self.generated_ms * WHOLE:
            return (text, "") if self.generated_ms else ("", text)
        cut = int(len(text) * heard_ms / self.generated_ms)
        if cut < len(text) and text[cut : cut + 1] != " ":
            cut = text.rfind(" ", 0, cut) + 1
        return text[:cut].strip(), text[cut:].strip()


@dataclass(slots=True)
class CallerTurn:
    """What the caller says until the assistant answers."""

    opened_at: float
    text: str = ""
    language: str | None = None


@dataclass(slots=True)
class Transcript:
    """All turns: those being spoken, those waiting to be heard, and the words of those recorded."""

    started_at: float = 0.0
    open: AssistantTurn | None = None  # the model may still add to it
    unheard: deque[AssistantTurn] = field(default_factory=deque)  # complete or not, sound still to be heard
    caller: CallerTurn | None = None
    generation: int = 0
    _recorded: int = 0
    _story: deque[str] = field(default_factory=lambda: deque(maxlen=STORY_TURNS))

    def assistant_turn(self, now: float) -> AssistantTurn:
        """The turn the model is adding to; opens one if none is open."""
        if self.open is None:
            self.generation += 1
            self.open = AssistantTurn(self.generation, opened_at=now)
            self.unheard.append(self.open)
        return self.open

    def assistant_said(self, text: str, language: str | None, now: float) -> None:
        """A fragment of the assistant's words. A late one belongs to the last turn not yet recorded."""
        late = self.open is None and bool(self.unheard)
        turn = self.unheard[-1] if late else self.assistant_turn(now)
        turn.text += text
        turn.language = language or turn.language

    def caller_said(self, text: str, language: str | None, now: float) -> None:
        """A fragment of the caller's words."""
        turn = self.caller_turn(now)
        turn.text += text
        turn.language = language or turn.language

    def caller_turn(self, now: float) -> CallerTurn:
        """The caller's turn; opens one if none is open."""
        if self.caller is None:
            self.caller = CallerTurn(opened_at=now)
        return self.caller

    def complete(self) -> None:
        """The model's turn is over."""
        if self.open is not None:
            self.open.complete = True
            self.open = None

    def cut(self, heard_at_ms: float) -> str:
        """Every turn in flight was cut when the ear was at ``heard_at_ms``; returns the words heard of the last one."""
        words = ""
        for turn in self.unheard:
            if turn.cut_ms is None:
                turn.cut_ms = min(max(0.0, heard_at_ms - turn.start_ms), turn.generated_ms)
                words = turn.split(turn.cut_ms)[0]
        return words

    def record_caller(self, now: float) -> RecordTurn | None:
        """The caller's turn is over: its record, if any words were understood."""
        turn, self.caller = self.caller, None
        if turn is None or not turn.text.strip():
            return None
        text = " ".join(turn.text.split())
        self._story.append(f"Caller: {text}")
        return RecordTurn(
            number=self._number(),
            side="caller",
            heard=text,
            started_s=self._since_start(turn.opened_at),
            ended_s=self._since_start(now),
            language=turn.language,
        )

    def record_heard(self, heard_at_ms: float, now: float, *, everything: bool = False) -> list[RecordTurn]:
        """Records of the turns whose sound is done with: heard whole, or cut; ``everything`` at the call's end."""
        done = []
        while self.unheard:
            turn = self.unheard[0]
            ended = turn.cut_ms is not None or heard_at_ms >= turn.start_ms + turn.generated_ms - 0.5
            if not everything and not (turn.complete and ended):
                break
            self.unheard.popleft()
            record = self._record(turn, heard_at_ms, now)
            if record is not None:
                done.append(record)
        if everything:
            self.open = None
        return done

    def _record(self, turn: AssistantTurn, heard_at_ms: float, now: float) -> RecordTurn | None:
        heard_ms = turn.cut_ms if turn.cut_ms is not None else heard_at_ms - turn.start_ms
        heard, unheard = turn.split(min(max(0.0, heard_ms), turn.generated_ms))
        if not heard and not unheard and not turn.generated_ms:
            return None
        if heard:
            self._story.append(f"You: {heard}")
        return RecordTurn(
            number=self._number(),
            side="assistant",
            heard=" ".join(heard.split()),
            unheard=" ".join(unheard.split()),
            started_s=self._since_start(turn.first_sent_at or turn.opened_at),
            ended_s=self._since_start(now),
            language=turn.language,
            gap_ms=turn.gap_ms,
            interrupted=bool(unheard) or turn.cut_ms is not None,
        )

    def story(self) -> str:
        """The call so far, a line a turn."""
        return "\n".join(self._story)

    def _number(self) -> int:
        self._recorded += 1
        return self._recorded

    def _since_start(self, at: float) -> float:
        return round(at - self.started_at, 3)
