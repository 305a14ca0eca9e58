"""The language a call is led in: chosen by key, by wish or by ear, and watched for drift."""

from app.call.commands import RecordFlag, RenewSession, Say, SteerLanguage
from app.call.flags import LANGUAGE_DRIFT, LANGUAGE_SWITCHED
from app.call.memory import Memory, State
from app.call.sessions import renew
from app.call.speaking import cut, exactly, phrase_said, quiet, sounding

STEER_WITHIN_S = 30.0  # a session that takes no new instructions is renewed at a quiet moment within this
CHOICE_S = 30.0  # so long after pick-up a key may choose the language
DISCLOSE_AFTER_S = 0.2  # of quiet


def main_tag(language: str) -> str:
    """``en`` of ``en-US``."""
    return language.split("-", maxsplit=1)[0].lower()


def matching(m: Memory, language: str) -> str | None:
    """The line's language that this is: exactly, or any kind of it."""
    languages = m.rules.languages or (m.rules.language,)
    exact = next((tag for tag in languages if tag.lower() == language.lower()), None)
    return exact or next((tag for tag in languages if main_tag(tag) == main_tag(language)), None)


# ---- by ear


def heard(m: Memory, language: str, now: float) -> None:
    """The caller has spoken a turn in this language: follow, once they have done it twice or were answered in it."""
    tag = matching(m, language)
    if m.rules.language_policy != "follow" or tag is None or tag == m.spoken:
        m.heard_of_language = ""
    elif m.heard_of_language == tag:
        switch(m, tag, now)
    else:
        m.heard_of_language = tag


def spoke(m: Memory, language: str, now: float) -> None:
    """The assistant has spoken a turn in this language: it may follow the caller, and nobody else."""
    tag = matching(m, language)
    if tag is None:
        _drifted(m, language, now)
    elif tag == m.heard_of_language:
        switch(m, tag, now)


def _drifted(m: Memory, language: str, now: float) -> None:
    m.out.append(RecordFlag(LANGUAGE_DRIFT, round(now - m.started_at, 3), language))
    if m.drift_corrected or m.state is not State.TALKING:
        return
    m.drift_corrected = True
    name = m.rules.language_names.get(m.spoken, m.spoken)
    m.out.append(Say(f"Your last words were not in {name}. Say them again in {name}, and speak nothing else."))


# ---- by key or by wish


def chosen_by_key(m: Memory, key: str, now: float) -> bool:
    """Whether a key chose the language, at the beginning of a call whose line asks for that."""
    tag = m.rules.language_keys.get(key)
    if m.rules.language_policy != "ask" or tag is None or m.keys or m.transcript.caller_turns:
        return False
    if now - m.started_at > CHOICE_S:
        return False
    if tag != m.spoken:
        _greet_in(m, tag, now)
    return True


def _greet_in(m: Memory, tag: str, now: float) -> None:
    """The greeting again, in the language of choice; it discloses, too."""
    if sounding(m, now):
        cut(m, now)
    m.holding = False
    m.greeted = True
    greeting = m.rules.greetings.get(tag, m.rules.greeting)
    m.owed.clear()
    m.owed.append(exactly(greeting))  # nothing else is, though a turn was cut
    m.debts_noted, m.repeat = True, False
    switch(m, tag, now, at_once=True)
    m.disclose = False
    m.disclosing = greeting if m.rules.discloses else ""
    if m.state is State.TALKING:
        m.out.append(Say(m.owed.pop()))
        m.debts_noted = False


def switch(m: Memory, tag: str, now: float, *, at_once: bool = False) -> None:
    """From now on the call is led in ``tag``; that an AI speaks is said again in it."""
    m.spoken = m.language = tag
    m.heard_of_language = ""
    m.drift_corrected = False
    m.out.append(SteerLanguage(tag, m.rules.context_updates and m.state is State.TALKING))
    m.out.append(RecordFlag(LANGUAGE_SWITCHED, round(now - m.started_at, 3), tag))
    if m.rules.discloses:
        m.disclosing, m.disclosing_in, m.unproven_ms = m.phrase("disclosure", ""), tag, None
        m.disclose = bool(m.disclosing)
    if not m.rules.context_updates:
        _renew_steered(m, now, at_once)


def _renew_steered(m: Memory, now: float, at_once: bool) -> None:
    """The session has its instruction for good: another one gets the new."""
    if m.state is State.CONNECTING:
        m.out.append(RenewSession(None, route=m.route))
    elif m.state is State.TALKING and at_once:
        renew(m, now)
    elif m.state is State.TALKING and m.rules.language_policy != "follow":
        m.renew_by = min(m.renew_by or now + STEER_WITHIN_S, now + STEER_WITHIN_S)


def disclose_at(m: Memory, now: float) -> float | None:
    """When to say once more that an AI speaks: nobody else does."""
    if not m.disclose or not quiet(m, now):
        return None
    return max(m.active_at, m.playout.over_at()) + DISCLOSE_AFTER_S


def say_disclosure(m: Memory, now: float) -> None:
    """In the language the call is led in now."""
    m.disclose = False
    m.active_at = now
    m.out.append(Say(phrase_said(m, "disclosure", m.disclosing)))
