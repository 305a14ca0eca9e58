"""What the renewals of a call's sessions have made its caller hear, from its journal and its recording."""

from dataclasses import dataclass

from app.drill.told import Told, silence_ms

_HEARD_ON_S = 1.5
_SAID_WITHIN_S = 0.3  # what is owed is said as soon as the next session is there


@dataclass(frozen=True, slots=True)
class Renewal:
    """One renewal: how long the call was without a session, and the silence the caller heard because of it."""

    outage_ms: int
    gap_ms: int


def renewals(told: Told) -> list[Renewal]:
    """Every renewal that came to a new session; blocking."""
    found = []
    opened = told.at_s("SessionOpened")
    for begun in told.at_s("RenewSession"):
        over = next((at for at in opened if at > begun), None)
        if over is not None:
            gap_ms = _cut_ms(told, begun, over) if _cut(told, over) else round(1000 * _waited_s(told, begun, over))
            found.append(Renewal(round(1000 * (over - begun)), gap_ms))
    return found


def _cut(told: Told, over: float) -> bool:
    """Was a sentence cut, that the next session has to go on with?"""
    said = zip(told.at_s("Say"), told.entries("Say"), strict=True)
    return any(over <= at <= over + _SAID_WITHIN_S and "cut off" in str(line["instruction"]) for at, line in said)


def _cut_ms(told: Told, begun: float, over: float) -> int:
    """The longest silence around it: what had been sent before is heard meanwhile, about a second of it."""
    return silence_ms(told.report.recording, begun, over + _HEARD_ON_S) or 0


def _waited_s(told: Told, begun: float, over: float) -> float:
    """How long the caller, who had spoken, waited for nothing but the session."""
    ended = [at for at in told.at_s("SpeechEnded") if at < over]
    if not ended or any(ended[-1] < at < begun for at in told.at_s("AssistantAudio")):
        return 0.0
    started = [at for at in told.at_s("SpeechStarted") if at < over]
    speaks = bool(started) and started[-1] > ended[-1]
    return 0.0 if speaks else over - max(begun, ended[-1])
