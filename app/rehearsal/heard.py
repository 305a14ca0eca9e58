"""What ears bring back, and what is raised when there are none."""

from dataclasses import dataclass


class SpeechUnavailable(Exception):
    """Speech cannot be heard or spoken here; the message says what is missing and how to get it."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One utterance in words. ``text`` is empty if nobody spoke; numbers are joined ("1047").

    ``no_speech`` is the probability that nobody spoke, ``score`` the mean log-probability of the words.
    """

    text: str
    language: str
    no_speech: float = 0.0
    score: float = 0.0
