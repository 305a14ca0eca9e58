"""The tools that the call itself carries out: ending, handing off, pressing keys."""

from dataclasses import dataclass

from app.call.rules import Rules

END_CALL = "end_call"
HAND_OFF = "hand_off"
PRESS_KEYS = "press_keys"
NAMES = frozenset({END_CALL, HAND_OFF, PRESS_KEYS})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the model is answered, and how the call goes on: ``leave`` is ``end_call``, ``hand_off`` or None."""

    response: dict[str, object]
    leave: str | None = None
    silent: bool = False


def use(name: str, rules: Rules, *, spoken: bool) -> Outcome:
    """Use a house tool. ``spoken``: the assistant has said something in this turn already."""
    if name == END_CALL:
        return Outcome(_ok("The call ends when your goodbye has been heard. Say it if you have not."), END_CALL, spoken)
    if name == HAND_OFF:
        return _hand_off(rules, spoken=spoken)
    return Outcome(_refused("Keys cannot be pressed on this call. Tell the caller you cannot do that."))


def _hand_off(rules: Rules, *, spoken: bool) -> Outcome:
    if rules.handoff_number is None:
        return Outcome(_refused("No representative can be reached now. Say so and offer to open a ticket."))
    said = rules.phrases.get("handing_off", "I am connecting you with a colleague now.")
    return Outcome(_ok(f'The caller is connected as soon as you have said so. Say: "{said}"'), HAND_OFF, spoken)


def _ok(message: str) -> dict[str, object]:
    return {"status": "ok", "retryable": False, "message": message}


def _refused(message: str) -> dict[str, object]:
    return {"status": "error", "retryable": False, "message": message}
