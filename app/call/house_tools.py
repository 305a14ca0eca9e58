"""The tools that the call itself carries out: ending, handing off, pressing keys, changing the language."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.call.language import matching
from app.call.memory import Answer, Memory
from app.call.rules import Rules

END_CALL = "end_call"
HAND_OFF = "hand_off"
PRESS_KEYS = "press_keys"
SWITCH_LANGUAGE = "switch_language"
ALLOW_RECORDING = "allow_recording"
NAMES = frozenset({END_CALL, HAND_OFF, PRESS_KEYS, SWITCH_LANGUAGE, ALLOW_RECORDING})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the model is answered, and how the call goes on: ``leave`` is ``end_call``, ``hand_off`` or None."""

    response: dict[str, object]
    leave: str | None = None
    silent: bool = False
    language: str = ""  # the call is to be led in this one
    consent: Answer = ""  # what the caller said to being recorded


def use(name: str, args: Mapping[str, object], m: Memory, *, spoken: bool) -> Outcome:
    """Use a house tool. ``spoken``: the assistant has said something in this turn already."""
    rules = m.rules
    if name == SWITCH_LANGUAGE:
        return _switch_language(m, str(args.get("language", "")))
    if name == ALLOW_RECORDING:
        return _allow_recording(m, args.get("allowed"))
    if name == END_CALL:
        return Outcome(_ok("The call ends when your goodbye has been heard. Say it if you have not."), END_CALL, spoken)
    if name == HAND_OFF:
        return _hand_off(rules, spoken=spoken)
    return Outcome(_refused("Keys cannot be pressed on this call. Tell the caller you cannot do that."))


def _switch_language(m: Memory, wished: str) -> Outcome:
    tag = matching(m, wished) or next(
        (tag for tag, name in m.rules.language_names.items() if name.lower() == wished.strip().lower()), None
    )
    names = m.rules.language_names
    if tag is None or tag not in (m.rules.languages or (m.rules.language,)) or m.rules.language_policy == "fixed":
        offered = (m.spoken,) if m.rules.language_policy == "fixed" else m.rules.languages
        listed = ", ".join(names.get(language, language) for language in offered)
        return Outcome(_refused(f"This line speaks only {listed}. Say so, and offer a person."))
    return Outcome(_ok(f"From now on speak {names.get(tag, tag)}, and nothing else. Go on in it now."), language=tag)


def _allow_recording(m: Memory, allowed: object) -> Outcome:
    if m.rules.recording == "off":
        return Outcome(_refused("This call is not recorded. Say so if the caller asked."))
    if not m.transcript.caller_turns:
        return Outcome(_refused("The caller has not answered yet. Wait for their answer."))
    if str(allowed).lower() not in ("true", "yes", "1"):
        said = "The call is not recorded, and nothing of it is kept. Say so in a few words, and go on helping."
        return Outcome(_ok(said), consent="no")
    if m.consent == "no":
        return Outcome(_refused("The caller refused before: this call stays unrecorded. Say so, and go on helping."))
    return Outcome(
        _ok("The call is recorded. Go on with what the caller wants, or ask how you can help."), consent="yes"
    )


def _hand_off(rules: Rules, *, spoken: bool) -> Outcome:
    if rules.handoff_number is None:
        return Outcome(_refused("No representative can be reached now. Say so and offer to open a ticket."))
    said = rules.phrases.get("handing_off", "I am connecting you with a colleague now.")
    return Outcome(_ok(f'The caller is connected as soon as you have said so. Say: "{said}"'), HAND_OFF, spoken)


def _ok(message: str) -> dict[str, object]:
    return {"status": "ok", "retryable": False, "message": message}


def _refused(message: str) -> dict[str, object]:
    return {"status": "error", "retryable": False, "message": message}
