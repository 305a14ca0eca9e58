"""The turns of a call in words: fragments merged, heard and unheard kept apart, none lost at the end."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.call.commands import RecordTurn
from app.call.playout import Playout
from app.call.turns import AssistantTurn, CallerTurn

LONGEST_TURN = 20_000  # characters; twenty minutes of fast talk
MOST_SOURCES = 50  # of one turn
STORY_TURNS = 30  # the call so far, as a fresh session is told it
LATE_S = 1.0  # sound and words of a cut turn may still come for this long; what comes later is another turn's
WORDS_ALONE_S = 1.0  # words whose sound does not follow within this are the end of the turn before
LATELY_TURNS = 6  # of the caller: so long it is remembered what they heard, to see whether a read-back was
CALLER, ASSISTANT = "Caller: ", "You: "  # how a line of the story begins
MEANWHILE = 4  # of them remembered
PAUSE_S = 3.0  # a caller who speaks again within this goes on with the same turn


@dataclass(slots=True)
class Transcript:
    """All turns: those being spoken, those waiting to be heard, and the words of those recorded."""

    started_at: float = 0.0
    open: AssistantTurn | None = None  # the model may still add to it
    unheard: deque[AssistantTurn] = field(default_factory=deque)  # open or complete, not recorded yet
    caller: CallerTurn | None = None
    generation: int = 0
    sounded: int = 0  # the newest generation that has sound
    caller_turns: int = 0  # begun so far, by voice, keys or text
    said: str = ""  # the caller's words in the last of them
    meanwhile: deque[int] = field(default_factory=lambda: deque(maxlen=MEANWHILE))  # turns that answer nothing
    whole_ms: float | None = None  # where the assistant's turn recorded last ended, if it was heard to its end
    _recorded: int = 0
    _heard: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=STORY_TURNS))
    _story: deque[str] = field(default_factory=lambda: deque(maxlen=STORY_TURNS))

    @property
    def told(self) -> tuple[str, ...]:
        """The last turns on record, a line each."""
        return tuple(self._story)

    def resume(self, started_at: float, story: Sequence[str], turns: int) -> None:
        """Go on after turns that others have recorded; ``story`` is a line for each of the last of them."""
        self.started_at, self._recorded = started_at, turns
        self._story.extend(story)
        self.caller_turns = sum(line.startswith(CALLER) for line in story)

    # ---- the assistant

    def assistant_turn(self, now: float) -> AssistantTurn:
        """The turn the model is adding to; opens one if none is open, or if that was cut a while ago."""
        turn = self.open
        if turn is not None and not (turn.cut_ms is not None and now >= turn.cut_at + LATE_S):
            return turn
        self.complete()
        self.generation += 1
        self.open = AssistantTurn(self.generation, opened_at=now, answers=self.caller_turns)
        self.unheard.append(self.open)
        return self.open

    def assistant_sounded(self, ms: float, start_ms: float, now: float) -> AssistantTurn | None:
        """Take note of a turn's sound, ``start_ms`` being where it comes to lie. None: it is late, its turn was cut."""
        turn = self.assistant_turn(now)
        if turn.cut_ms is not None:
            return None
        if not turn.generated_ms:
            turn.start_ms, turn.came_at = start_ms, now
            self.sounded = turn.generation
            if self.caller is not None and self.caller.answered_by is None and turn.generation not in self.meanwhile:
                self.caller.answered_by = turn.generation
        turn.generated_ms += ms
        return turn

    def assistant_said(self, text: str, language: str | None, now: float) -> None:
        """A fragment of the assistant's words."""
        turn = self.assistant_turn(now)
        turn.text += text[: LONGEST_TURN - len(turn.text)] if len(turn.text) < LONGEST_TURN else ""
        turn.language = language or turn.language

    def found(self, sources: tuple[Mapping[str, str], ...]) -> None:
        """Where the facts of the turn that goes on, or else of the last that is not recorded yet, are from."""
        turn = self.open or (self.unheard[-1] if self.unheard else None)
        if turn is not None:
            new = [source for source in sources if source not in turn.sources]
            turn.sources += new[: MOST_SOURCES - len(turn.sources)]

    def generated(self) -> None:
        """The model's turn has all its sound."""
        if self.open is not None:
            self.open.generated = True

    def complete(self) -> None:
        """The model's turn is over."""
        if self.open is not None:
            self.open.generated = self.open.complete = True
            self.open = None

    def words_alone_at(self) -> float | None:
        """When to see whether words that opened a turn are late ones of the turn before."""
        turn = self._words_alone()
        return turn.opened_at + WORDS_ALONE_S if turn is not None else None

    def _words_alone(self) -> AssistantTurn | None:
        return self.open if self.open is not None and not self.open.generated_ms and len(self.unheard) > 1 else None

    def join_words_alone(self) -> None:
        """No sound has followed the words of the open turn: they end the turn before."""
        late = self.unheard.pop()
        before = self.unheard[-1]
        before.text += late.text
        before.language = before.language or late.language
        self.open = None

    def cut(self, heard_ms: float, now: float) -> list[AssistantTurn]:
        """Every turn in flight is cut, the ear being at ``heard_ms``; returns them."""
        cut = [turn for turn in self.unheard if turn.cut_ms is None]
        for turn in cut:
            turn.cut_ms, turn.cut_at = turn.heard_of(heard_ms), now
        return cut

    def heard_lately(self, heard_ms: float) -> tuple[str, ...]:
        """What was heard of the assistant in each of the caller's last turns, the newest last."""
        words = dict.fromkeys(range(max(0, self.caller_turns - LATELY_TURNS + 1), self.caller_turns + 1), "")
        pending = ((turn.answers, turn.split(turn.heard_of(heard_ms))[0]) for turn in self.unheard)
        for turn, heard in (*self._heard, *pending):
            if turn in words:
                words[turn] = f"{words[turn]} {heard}".strip()
        return tuple(words.values())

    # ---- the caller

    def caller_began(self, now: float) -> RecordTurn | None:
        """The caller begins to speak: the record of their turn before, if that was answered."""
        turn = self.caller
        if turn is not None and turn.answered_by is None and (turn.words or _pausing(turn, now)):
            turn.ended_at = None
            return None
        record = self.record_caller(now)
        self._open_caller(now)
        return record

    def _open_caller(self, now: float) -> CallerTurn:
        self.caller_turns += 1
        self.said = ""
        self.caller = CallerTurn(opened_at=now)
        return self.caller

    def caller_ended(self, at: float) -> None:
        """The caller stopped speaking."""
        if self.caller is not None:
            self.caller.ended_at = max(at, self.caller.opened_at)

    def caller_said(self, text: str, language: str | None, now: float) -> None:
        """A fragment of the caller's words."""
        turn = self.caller or self._open_caller(now)
        turn.text += text[: LONGEST_TURN - len(turn.text)] if len(turn.text) < LONGEST_TURN else ""
        if turn.text.strip():
            turn.half = ""
        turn.words_at, turn.finished = now, False
        turn.language = language or turn.language
        self.said = turn.words

    def caller_finished(self) -> None:
        """The service has told all the words."""
        if self.caller is not None:
            self.caller.finished = True

    def hear_again(self) -> None:
        """The sound of the caller's turn is given to a session once more: its words come again."""
        if self.caller is not None and self.caller.text.strip():
            self.caller.half, self.caller.text = self.caller.words, ""

    def take_as_heard(self) -> None:
        """The sound cannot be heard again: what was understood of it is all there will be."""
        if self.caller is not None and not self.caller.text.strip():
            self.caller.half, self.caller.text = "", self.caller.half

    def caller_wrote(self, words: str, now: float, note: str = "", *, proven: bool = True) -> Iterator[RecordTurn]:
        """A turn of the caller's that is complete at once: keys or a text. ``note`` says to the records which.

        One that is not ``proven`` to be the caller's does not count: nothing is confirmed by it.
        """
        before, counted = self.record_caller(now), (self.caller_turns, self.said)
        if before is not None:
            yield before
        turn = self._open_caller(now)
        turn.text, turn.words_at = (f"[{note}] {words}" if note else words), now
        record = self.record_caller(now)
        self.caller_turns, self.said = (self.caller_turns, words) if proven else counted
        if record is not None:
            yield record

    def record_answered(self, now: float) -> RecordTurn | None:
        """The record of the caller's turn once the assistant has answered it."""
        if self.caller is None or self.caller.answered_by is None or not self.caller.words:
            return None
        return self.record_caller(now)

    def record_caller(self, now: float) -> RecordTurn | None:
        """The caller's turn is over: its record, if any words were understood."""
        turn, self.caller = self.caller, None
        if turn is None or not turn.words:
            return None
        self._story.append(f"{CALLER}{turn.words}")
        ended_at = turn.ended_at if turn.ended_at is not None else turn.words_at
        return RecordTurn(
            number=self._number(),
            side="caller",
            heard=turn.words,
            started_s=self._since_start(turn.opened_at),
            ended_s=self._since_start(min(ended_at, now)),
            language=turn.language,
        )

    # ---- records

    def record_at(self) -> float | None:
        """When the first turn in flight, being cut, has had the time for its late words."""
        if not self.unheard or self.unheard[0].cut_ms is None or self._words_alone() is not None:
            return None
        return self.unheard[0].cut_at + LATE_S

    def record_heard(self, playout: Playout, now: float, *, everything: bool = False) -> Iterator[RecordTurn]:
        """Records of the turns whose sound is done with: heard whole, or cut; ``everything`` at the call's end."""
        while self.unheard and (everything or self._done(self.unheard[0], playout, now)):
            turn = self.unheard.popleft()
            if turn is self.open:
                self.complete()
            if self.caller is not None and self.caller.answered_by is not None:
                answered = self.record_answered(now) if self.caller.answered_by <= turn.generation else None
                if answered is not None:
                    yield answered
            if turn.text.strip() or turn.generated_ms:
                yield self._record(turn, playout, now)

    def _done(self, turn: AssistantTurn, playout: Playout, now: float) -> bool:
        if self.unheard[-1] is not turn and self.unheard[1] is self._words_alone():
            return False
        if turn.cut_ms is None:
            return turn.complete and playout.heard_ms(now) >= turn.end_ms - 0.5
        return now >= turn.cut_at + LATE_S or (len(self.unheard) > 1 and self.unheard[1].generated_ms > 0)

    def _record(self, turn: AssistantTurn, playout: Playout, now: float) -> RecordTurn:
        heard, unheard = turn.split(turn.heard_of(playout.heard_ms(now)))
        if heard:
            self._story.append(f"{ASSISTANT}{heard}")
            self._heard.append((turn.answers, heard))
        was_cut = turn.cut_ms is not None
        self.whole_ms = turn.end_ms if not was_cut and not unheard else None
        started_at = turn.first_sent_at or turn.opened_at
        ended_at = turn.cut_at if was_cut else playout.heard_at(turn.end_ms, now)
        return RecordTurn(
            number=self._number(),
            side="assistant",
            heard=heard,
            unheard=unheard,
            started_s=self._since_start(started_at),
            ended_s=self._since_start(max(started_at, ended_at)),
            language=turn.language,
            gap_ms=turn.gap_ms,
            interrupted=was_cut or bool(unheard and turn.generated_ms),
            sources=tuple(turn.sources),
            told_ms=turn.since_waited(turn.told_at),
            model_ms=turn.since_waited(turn.came_at),
            played_ms=turn.since_waited(turn.played_at),
            over_ms=turn.over_ms,
            stopped_ms=turn.stopped_ms,
            tools=turn.tools,
        )

    def story(self, heard_ms: float) -> str:
        """The call so far, a line a turn; what is not recorded yet stands at its end."""
        heard = (turn.split(turn.heard_of(heard_ms))[0] for turn in self.unheard)
        pending = [f"{ASSISTANT}{words}" for words in heard if words]
        if self.caller is not None and self.caller.text.strip():
            pending.insert(len(pending) if self.caller.answered_by is None else 0, f"{CALLER}{self.caller.words}")
        return "\n".join([*self._story, *pending])

    def _number(self) -> int:
        self._recorded += 1
        return self._recorded

    def _since_start(self, at: float) -> float:
        return round(at - self.started_at, 3)


def _pausing(turn: CallerTurn, now: float) -> bool:
    """The words of a turn come late: one that has none yet may only have paused."""
    return now - (turn.opened_at if turn.ended_at is None else turn.ended_at) < PAUSE_S
