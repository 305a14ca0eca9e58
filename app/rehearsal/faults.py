"""What can be asked to go wrong with a Live session, at the start of the server or while it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

EXPIRED = "Deadline expired before operation could complete."
EXHAUSTED = "Resource has been exhausted (e.g. check quota)."


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one session. Times are seconds since its setup was answered; 0 is never.

    ``refuse`` answers the upgrade with that HTTP status (429, 503) or the setup with that close code (1007, 1008,
    1011, any). ``mute_setup`` never answers the setup. ``close_after_s`` closes with ``close_code`` and
    ``close_reason``; ``drop_after_s`` cuts the connection without a word. ``claim`` says once that money was paid
    back, and uses no tool; ``repeat_tool`` calls the first tool so often; ``drift`` answers once in that language, such
    as de; every answer to the caller begins ``slow_answer_s`` late. ``deaf_below_ms`` misses what is spoken for less,
    unless audioStreamEnd follows within two seconds. ``quota`` gives a refusal or a close the words of a spent quota.
    ``drop_after_chunks`` cuts the connection in the middle of a turn, after so many sound messages,
    ``drop_in_tool_s`` so long after the first tool was called. ``no_usage`` reports no tokens.

    From its turn after ``well_turns`` on a session is unwell: its sound is silent (``silent_audio``), a ``tone``, or
    goes on without words (``transcript_stall``); its turns are empty (``empty_turn``), or it hears everything and says
    nothing (``no_answer``). The first of those turns is cut after ``phantom_after_chunks`` sound messages, as if the
    caller had spoken. ``same_sentence`` gives its first answer again and again, ``refuse_answers`` refuses to help.
    """

    connect_delay_s: float = 0.0
    refuse: int = 0
    refuse_reason: str = ""
    mute_setup: bool = False
    drop_after_s: float = 0.0
    close_after_s: float = 0.0
    close_code: int = 1011
    close_reason: str = "Internal error encountered."
    goaway_after_s: float = 0.0
    goaway_time_left_s: float = 5.0
    goaway_code: int = 1011
    silent_audio: bool = False
    empty_turn: bool = False
    phantom_after_s: float = 0.0
    stall_after_chunks: int = 0  # after so many sound messages of a turn nothing comes for stall_s
    stall_s: float = 2.0
    claim: bool = False
    repeat_tool: int = 0
    drift: str = ""
    slow_answer_s: float = 0.0
    deaf_below_ms: int = 0
    quota: bool = False
    drop_after_chunks: int = 0
    drop_in_tool_s: float = 0.0
    no_usage: bool = False
    well_turns: int = 0
    tone: bool = False
    transcript_stall: bool = False
    no_answer: bool = False
    phantom_after_chunks: int = 0
    same_sentence: bool = False
    refuse_answers: bool = False

    @property
    def reason(self) -> str:
        """The words of its close."""
        return EXHAUSTED if self.quota else self.close_reason

    def refusal(self, usual: str) -> str:
        """The words of its refusal."""
        return self.refuse_reason or (EXHAUSTED if self.quota else usual)


def fault_from(wishes: Mapping[str, object]) -> Fault:
    """A fault from JSON or options. Raises ValueError for a name or value that is not one."""
    known = {each.name: each.default for each in fields(Fault)}
    wishes = {name.replace("-", "_"): value for name, value in wishes.items()}
    unknown = sorted(set(wishes) - set(known))
    if unknown:
        raise ValueError(f"no such fault: {', '.join(unknown)}; there are {', '.join(known)}")
    return Fault(**{name: _like(known[name], value, name) for name, value in wishes.items()})  # type: ignore[arg-type]


def _like(default: object, value: object, name: str) -> object:
    """``value`` in the type of ``default``."""
    if isinstance(default, bool):
        return value if isinstance(value, bool) else str(value).lower() in ("1", "true", "yes", "on")
    try:
        return type(default)(value)  # type: ignore[call-arg]
    except (TypeError, ValueError) as wrong:
        raise ValueError(f"{name} must be {type(default).__name__}, not {value!r}") from wrong


@dataclass(slots=True)
class FaultPlan:
    """Which sessions go wrong: the next ``sessions``, or all of them while that is None.

    Some go wrong by themselves: the next ones whose system instruction has a text in it, such as a caller's number.
    """

    fault: Fault = Fault()
    sessions: int | None = None
    _of: dict[str, tuple[Fault, int | None]] = field(default_factory=dict)

    def ask(self, fault: Fault, sessions: int | None, match: str = "") -> None:
        """From now on."""
        if match:
            self._of[match] = (fault, sessions)
        else:
            self.fault, self.sessions = fault, sessions

    def of(self, instruction: str) -> Fault | None:
        """The fault of a session that was asked for by its instruction; None where none was."""
        for text, (fault, sessions) in self._of.items():
            if text in instruction and sessions != 0:
                self._of[text] = (fault, None if sessions is None else sessions - 1)
                return fault
        return None

    def take(self) -> Fault:
        """The fault of the session that begins now."""
        if self.sessions is None:
            return self.fault
        if self.sessions <= 0:
            return Fault()
        self.sessions -= 1
        return self.fault
