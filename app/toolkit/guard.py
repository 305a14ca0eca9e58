"""Stands before the tools of a call: who the caller has shown to be decides, and nothing the model says does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.edits import listed
from app.toolkit.answers import Answer
from app.toolkit.declare import Caller, Identified, NotIdentified
from app.toolkit.house import CHECK_CODE, SEND_CODE
from app.toolkit.schema import LoadedTool
from app.toolkit.sentences import LOCKED, NOT_IDENTIFIED
from app.toolkit.standing import Standing, reaches

IDENTITY_LOCKED = "identity_locked"

_OFFER_A_PERSON = "Do not try to identify the caller again. Offer a person instead: hand_off, where you have it."


@dataclass(frozen=True, slots=True)
class Found:
    """The answer that takes the place of an identifying tool's own."""

    answer: Answer
    status: str
    flags: tuple[str, ...] = ()


class Guard:
    """The identity of one call, held before its tools."""

    def __init__(self, standing: Standing, tools: Sequence[LoadedTool]) -> None:
        self._standing = standing
        self._names = [tool.spec.name for tool in tools]
        self._identifying = [tool.spec.name for tool in tools if tool.options.identifies == "details"]

    def refusal(self, loaded: LoadedTool, caller: Caller) -> Answer | None:
        """The answer of a tool the caller's identity does not reach; None where it does."""
        enough = reaches(self._standing.level, loaded.options.level)
        if enough and not loaded.options.identifies:
            return None
        if self._standing.locked:
            return _locked(caller)
        return None if enough else _refused(self._needed(loaded))

    def begin(self, loaded: LoadedTool) -> bool:
        """Take a try to identify; False when all there are are under way."""
        assert loaded.options.identifies
        return self._standing.tries(loaded.options.identifies).begin()

    def end(self, loaded: LoadedTool, result: object, caller: Caller) -> Found | None:
        """The end of a try: what takes the place of the answer, None when it may go out as it is."""
        level = loaded.options.identifies
        assert level
        was_locked = self._standing.locked
        self._standing.tries(level).end(wrong=is_wrong(result))
        if self._standing.locked:
            return Found(_locked(caller), "refused", () if was_locked else (IDENTITY_LOCKED,))
        if isinstance(result, Identified):
            self._standing.reach(level, result.customer, result.phone)
        if is_wrong(result):
            said = {"status": "not_identified", "retryable": True, "message": caller.hears(NOT_IDENTIFIED)}
            return Found(said, "ok")
        return None

    def _needed(self, loaded: LoadedTool) -> str:
        """What has to be done before this tool, told to the model."""
        steps = []
        if not reaches(self._standing.level, "details"):
            if not self._identifying:
                return f"{loaded.spec.name} cannot be used on this line. Offer a person instead."
            steps.append(f"say who they are: use {listed(self._identifying)}")
        if loaded.options.level == "code":
            if not {SEND_CODE, CHECK_CODE} <= set(self._names):
                return f"{loaded.spec.name} cannot be used on this line. Offer a person instead."
            steps.append("read back a one-time code: use send_code, then check_code")
        return f"Before {loaded.spec.name}, the caller must {'; then '.join(steps)}. Nothing was looked up or done."


def is_wrong(result: object) -> bool:
    """Whether an identifying tool did not find the caller to be anyone."""
    return isinstance(result, NotIdentified) or (isinstance(result, Mapping) and result.get("status") == "not_found")


def _locked(caller: Caller) -> Answer:
    return {
        "status": "refused",
        "retryable": False,
        "message": caller.hears(LOCKED),
        "instruction": _OFFER_A_PERSON,
    }


def _refused(message: str) -> Answer:
    return {"status": "refused", "retryable": True, "message": message}
