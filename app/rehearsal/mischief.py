"""What a model gets wrong in what it says and does: false claims, a tool again and again, another language. Pure."""

from collections.abc import Sequence

from app.rehearsal.actions import Action, Speak, UseTool
from app.rehearsal.faults import Fault
from app.rehearsal.sayings import saying


class Mischief:
    """Changes the answers of one session as its fault says; without one they stay as they are."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault
        self._claims = fault.claim
        self._drifts = fault.drift
        self._repeated: UseTool | None = None
        self._left = fault.repeat_tool
        self._first: list[Speak] = []  # what was answered first

    def answering(self, actions: Sequence[Action]) -> list[Action]:
        """The answer to the caller's words."""
        if self._claims and actions:
            self._claims = False
            return [Speak(saying("claim", _language(actions)), _language(actions))]
        if self._fault.refuse_answers and actions:
            return [Speak(saying("refused", _language(actions)), _language(actions))]
        if self._fault.same_sentence and actions:
            self._first = self._first or [one for one in actions if isinstance(one, Speak)][:1]
            return list(self._first)
        if self._drifts and actions:
            language, self._drifts = self._drifts, ""
            return [Speak(saying("drifted", language), language)]
        return self._noted(actions)

    def after(self, name: str, actions: Sequence[Action]) -> list[Action]:
        """What follows the answer of a tool."""
        if self._repeated is not None and self._repeated.name == name and self._left > 0:
            self._left -= 1
            return [self._repeated]
        return self._noted(actions)

    def _noted(self, actions: Sequence[Action]) -> list[Action]:
        if self._repeated is None and self._fault.repeat_tool:
            self._repeated = next((action for action in actions if isinstance(action, UseTool)), None)
            self._left -= self._repeated is not None
        return list(actions)


def _language(actions: Sequence[Action]) -> str:
    return next((action.language for action in actions if isinstance(action, Speak)), "en")
