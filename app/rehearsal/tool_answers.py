"""What a tool returned, in words that can be said. Pure."""

from collections.abc import Mapping

from app.rehearsal.sayings import saying

_MESSAGES = ("message", "result", "output", "answer", "error")
_PLUMBING = frozenset({"status", "retryable", "message", "instruction", "id", "language"})


def status_of(response: Mapping[str, object]) -> str:
    """How it ended; ``ok`` if it does not say."""
    return str(response.get("status", "ok")).lower()


def message_in(response: Mapping[str, object]) -> str:
    """The sentence in an answer, empty if there is none."""
    texts = (response.get(name) for name in _MESSAGES)
    return next((text for text in texts if isinstance(text, str) and text), "")


def worded(response: Mapping[str, object], language: str) -> str:
    """An answer as a sentence: its own, or one made of how it ended and what it holds."""
    message, status = message_in(response), status_of(response)
    if message:
        return message
    if status == "not_found":
        return saying("not_found", language)
    if status != "ok":
        return saying("failed_retry" if response.get("retryable") else "failed", language)
    plain = {k: v for k, v in response.items() if k not in _PLUMBING and not isinstance(v, dict | list)}
    pairs = [f"{name.replace('_', ' ')} {value}" for name, value in plain.items()]
    return saying("found", language, fields=", ".join(pairs)) if pairs else ""
