"""How one call is to be led: fixed when the call starts, written at the head of its journal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Rules:
    """What the call machine must know of the line, the settings and the language.

    ``phrases`` maps a phrase's name (``are_you_there``, ``one_moment``, ``goodbye_silence``,
    ``goodbye_longest``, ``handing_off``, ``handoff_failed``, ``lost_the_line``) to its sentence
    in the call's language. ``tools`` are the names the line may use, house tools included.
    """

    line: str
    language: str
    greeting: str
    phrases: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    tools: tuple[str, ...] = ()
    handoff_number: str | None = None
    silence_s: float = 10.0  # nobody speaks for this long: "are you there?"
    silence_prompts: int = 2  # asked this often before the goodbye
    longest_call_s: float = 1200.0
    tool_filler_s: float = 1.2  # a tool still running, the caller hearing nothing: "one moment"
    quiet_tools: tuple[str, ...] = ()  # tools whose wait needs no word of ours
    tools_per_call: int = 25
    greeting_hold_s: float = 3.0  # the caller's sound is kept back at most this long for a greeting to begin
    context_notes: bool = True  # the model takes notes (what was heard) between turns
