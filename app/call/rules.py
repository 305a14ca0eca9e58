"""How one call is to be led: fixed when the call starts, written at the head of its journal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

LanguagePolicy = Literal["fixed", "on_request", "follow", "ask"]

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Rules:
    """What the call machine must know of the line, the settings and the languages.

    ``phrases`` maps a phrase's name (``are_you_there``, ``one_moment``, ``goodbye_silence``,
    ``goodbye_longest``, ``handing_off``, ``handoff_failed``, ``lost_the_line``, ``disclosure``) to its sentence
    in the language the call starts in, ``phrases_in`` those of the line's languages by tag.
    ``tools`` are the names the line may use, house tools included.
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

    # ---- the greeting
    greeting_cached: bool = False  # its sound is at hand: GreetingFound follows CallStarted
    discloses: bool = True  # the greeting says that an AI speaks, and a switch of language says it again

    # Callers are told of it, or asked; whoever tries a line may have agreed before the call.
    recording: Literal["off", "notice", "ask", "agreed"] = "off"

    # ---- languages
    languages: tuple[str, ...] = ()  # what the line speaks; none: only ``language``
    language_policy: LanguagePolicy = "fixed"
    language_keys: Mapping[str, str] = field(default_factory=lambda: _NOTHING)  # key of the phone → language
    language_names: Mapping[str, str] = field(default_factory=lambda: _NOTHING)  # in English, for the model
    greetings: Mapping[str, str] = field(default_factory=lambda: _NOTHING)  # of the line's languages
    phrases_in: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    phrases_written_in: Mapping[str, str] = field(default_factory=lambda: _NOTHING)  # where that is another language
    context_updates: bool = False  # an open session takes new instructions; else it is renewed with them

    # ---- when there is no session
    session_wait_s: float = 20.0  # a caller who just called waits for one no longer than this
    hold_s: float = 4.0  # without one for this long they are asked to hold, where that sentence is at hand
    unreachable: tuple[str, ...] = ()  # the ways out, the first that can be had is taken: of app.call.ladder.WAYS

    # ---- tools
    writes: tuple[str, ...] = ()  # tools that change something: begun, they are not stopped
    confirmed_tools: tuple[str, ...] = ()  # those that need the caller's word first
    fillers: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=lambda: MappingProxyType({}))
    scheduling: Mapping[str, str] = field(default_factory=lambda: _NOTHING)  # tool → when its answer is spoken
    claims: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))  # tool → what it does
    tools_per_turn: int = 8

    # ---- sessions
    renew_after_s: float | None = None  # a session this old is renewed at a quiet moment; None: GoAway decides
    fresh_after_s: float | None = None  # a chain of resumed sessions this old is replaced by a fresh one
    second_route: bool = False  # there is a second model or region to go on with

    # ---- limits
    prices: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))  # USD per million tokens
    cost_limit_usd: float | None = None
    cost_way: Literal["", "goodbye", "hand_off"] = ""  # what a call does that has cost so much
    bills: bool = False  # what the call costs goes on record item by item
    models: Mapping[str, str] = field(default_factory=lambda: _NOTHING)  # route → the model that is paid for
    second_prices: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    minute_prices: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))  # leg → USD
    tool_prices: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))  # tool → USD a use
    guessed_prices: tuple[str, ...] = ()  # models, legs and tools whose price is not the vendor's own word
    end_of_speech_ms: int = 0  # after so much silence the model is told that the caller is done; 0: its own ear decides
    estimates_cost: bool = False  # a call whose usage was never reported has a cost all the same
    gather_ms: float = 0.0  # sound that the ear does not need yet goes out in pieces of so much
    splits_gaps: bool = False  # turns have the parts of the caller's wait on record
    notice_of_listening: bool = False  # the caller is told when a person of ours listens
    digits_ms: int = 0  # a pause while digits are dictated may be this long; 0: no longer than any other
