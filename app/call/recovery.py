"""What to do when a Live session is lost: resume, begin afresh with the story, or give up."""

from dataclasses import dataclass

# https://ai.google.dev/gemini-api/docs/live-api/session-management and facts/live-api.md §7 (3, 5, 7, 12, 24).
BAD_CONFIG = 1007  # never again unchanged; a handle is spent, too
NO_SUCH_SESSION = 1008  # the answer to a spent handle, but also how open sessions are cut that can be resumed
TOO_MANY = 429
HOPELESS = frozenset({400, 401, 403, 404})  # HTTP at the upgrade: a key or a name is wrong
ATTEMPTS = 4
RESUMES = 2
PAUSES_S = (0.0, 0.5, 1.0, 2.0)
TOO_MANY_PAUSE_S = 0.5  # a limit on requests is not waited out by asking again at once


@dataclass(frozen=True, slots=True)
class Attempt:
    """One more try: with the handle or, when ``resume`` is false, afresh."""

    resume: bool
    after_s: float


def next_attempt(code: int, attempt: int, handle: str | None, *, has_story: bool) -> Attempt | None:
    """The ``attempt``-th try (from 1) after a loss with ``code``; None to give up."""
    if attempt > ATTEMPTS or code in HOPELESS:
        return None
    if code == BAD_CONFIG and (attempt > 1 or (handle is None and not has_story)):
        return None
    spent = code == BAD_CONFIG or (code == NO_SUCH_SESSION and attempt > 1)
    resume = handle is not None and not spent and attempt <= RESUMES
    pause_s = PAUSES_S[attempt - 1]
    return Attempt(resume, max(pause_s, TOO_MANY_PAUSE_S) if code == TOO_MANY else pause_s)
