"""What the caller's ear measures: how long answers take, how fast a barge-in silences, where sound broke. Pure."""

from dataclasses import dataclass, field

from app.rehearsal.phone_sound import FRAME_MS, LOUD_RMS

STILL_SOUNDING_MS = 250  # pauses between words do not end a sound
SILENCED_MS = 600  # silent for so long without a clear: the barge-in was heard
UNDERRUN_MS = 300  # a buffer that dries up in mid-sound and fills again within this broke it
UNDERRUN_LEAST_MS = 5


@dataclass(slots=True)
class Figures:
    """What was measured on the caller's side, in whole ms.

    ``turn_gaps_ms``: end of the caller's speech to the first sound heard after it.
    ``barge_ins_ms``: onset of the caller's speech into the assistant's to silence; None if it never fell silent.
    ``answers``: turns of the caller, said or pressed, after which the assistant was heard.
    ``cut_off_ms``: sound still waiting when the stream was closed by the app: nobody heard it.
    """

    first_sound_ms: int | None = None
    turn_gaps_ms: list[int] = field(default_factory=list)
    barge_ins_ms: list[int | None] = field(default_factory=list)
    underruns: int = 0
    underrun_ms: int = 0
    heard_ms: int = 0
    cleared_ms: int = 0
    cut_off_ms: int = 0
    answers: int = 0


class Listening:
    """Follows one call. Times are seconds since pick-up; a frame begins at its ``now`` and lasts 20 ms."""

    def __init__(self) -> None:
        self.figures = Figures()
        self.answered = False  # the assistant was heard since the caller last finished
        self.answer_began_s = 0.0
        self._loud_until_s: float | None = None
        self._queued_ms = 0.0
        self._dry_ms: float | None = None  # how long the buffer has been dry since sound broke off
        self._asked_s: float | None = None
        self._owed = False  # the caller's turn is over and nothing was heard since
        self._may_answer = True
        self._barged_s: float | None = None

    def sounding(self, now: float) -> bool:
        """Does the caller hear the assistant, or is about to?"""
        return self._queued_ms > 0 or self._since_loud_ms(now) < STILL_SOUNDING_MS

    def quiet_ms(self, now: float) -> float:
        """How long the assistant has been silent with nothing waiting to be heard."""
        return 0.0 if self._queued_ms > 0 else self._since_loud_ms(now)

    def frame(self, now: float, level: float, sound_ms: float, queued_ms: float) -> None:
        """One frame was heard: its level (rms), how much of it was sound, what still waits after it."""
        self._queued_ms = queued_ms
        self._count_dry(sound_ms, level)
        if level > LOUD_RMS:
            self._heard(now)
        elif self.quiet_ms(now) >= STILL_SOUNDING_MS:
            self._may_answer = True
        if self._barged_s is not None and self._since_loud_ms(now) >= SILENCED_MS:
            self._silenced(self._loud_until_s or now)

    def caller_begins(self, now: float) -> None:
        """The caller's speech has its onset in the frame at ``now``."""
        self._asked_s = None
        if self.sounding(now) and self._loud_until_s is not None:
            self._end_barge_in()
            self._barged_s = now

    def caller_ends(self, now: float) -> None:
        """The caller's speech ended at ``now``: the time until an answer begins."""
        self._asked_s = now
        self._await_answer(now)

    def caller_wrote(self, now: float) -> None:
        """The caller pressed their last key, or texted, at ``now``; the app may wait for more: no time is taken."""
        self._asked_s = None
        self._await_answer(now)

    def cleared(self, now: float, unheard_ms: float) -> None:
        """The app threw the waiting sound away: silence from ``now`` on."""
        self.figures.cleared_ms += round(unheard_ms)
        self._queued_ms = 0.0
        self._dry_ms = None
        self._may_answer = True
        if self._barged_s is not None:
            self._silenced(now)

    def stream_ended(self, now: float, unheard_ms: float, by_app: bool) -> None:
        """The stream is gone and what waited with it."""
        self._queued_ms = 0.0
        self._dry_ms = None
        if by_app:
            self.figures.cut_off_ms += round(unheard_ms)
        if self._barged_s is not None:
            self._silenced(now)

    def ended(self) -> Figures:
        """The figures, once the call is over."""
        self._end_barge_in()
        return self.figures

    def _await_answer(self, now: float) -> None:
        self.answered = False
        self._owed = True
        self._may_answer = not self.sounding(now)

    def _since_loud_ms(self, now: float) -> float:
        since_s = now if self._loud_until_s is None else now - self._loud_until_s
        return max(0.0, since_s * 1000)

    def _heard(self, now: float) -> None:
        figures = self.figures
        figures.heard_ms += FRAME_MS
        if self._loud_until_s is None:
            figures.first_sound_ms = round(now * 1000)
        if self._may_answer and not self.answered:
            self.answered = True
            self.answer_began_s = now
            figures.answers += self._owed
            self._owed = False
            if self._asked_s is not None:
                figures.turn_gaps_ms.append(round((now - self._asked_s) * 1000))
        self._loud_until_s = now + FRAME_MS / 1000

    def _count_dry(self, sound_ms: float, level: float) -> None:
        if sound_ms > 0:
            self._underrun(self._dry_ms or 0.0)
            # a sentence that ended by itself leaves silence: the next one is no mending of it
            self._dry_ms = FRAME_MS - sound_ms if level > LOUD_RMS else None
        elif self._dry_ms is not None:
            self._dry_ms += FRAME_MS
            if self._dry_ms > UNDERRUN_MS:
                self._dry_ms = None

    def _underrun(self, dry_ms: float) -> None:
        if dry_ms >= UNDERRUN_LEAST_MS:
            self.figures.underruns += 1
            self.figures.underrun_ms += round(dry_ms)

    def _silenced(self, at: float) -> None:
        assert self._barged_s is not None
        self.figures.barge_ins_ms.append(max(0, round((at - self._barged_s) * 1000)))
        self._barged_s = None

    def _end_barge_in(self) -> None:
        if self._barged_s is not None:
            self.figures.barge_ins_ms.append(None)
            self._barged_s = None
