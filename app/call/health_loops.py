"""A model that goes round in circles: the same words, or one refusal after another, turn by turn."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise

from app.call import flags
from app.call.commands import RecordFlag, Say
from app.call.health_state import TURNS_COMPARED
from app.call.memory import Memory, State

ALIKE = 0.9  # of 1, in pairs of letters
SHORTEST = 10  # letters: "yes" and "of course" may be said as often as one likes
REFUSALS = 3
MOST_BROKEN = 2  # a model that is told a third time does not listen

BREAK = "You are going round in circles. Do not say that again: apologise in one short sentence and {way_out}."
TO_A_COLLEAGUE = "offer to connect the caller with a colleague"
ANOTHER_WAY = "ask how else you can help"

# "I can't help with that", not "I can't find it": what is refused is the wish itself. By the language's main tag.
_REFUSES: Mapping[str, str] = {
    "en": r"\b(?:can(?:no|['’])t|(?:am|['’]m) (?:not able|unable) to|not allowed to) "
    r"(?:help|assist|do that|discuss|answer|talk about)\b",
    "es": r"\bno (?:le |te )?pued[oe] (?:ayudar|hacer eso|hablar|responder)|\bno me es posible (?:ayudar|responder)",
    "fr": r"\b(?:ne peux|ne suis pas en mesure|n['’]ai pas le droit)(?: pas)?(?: de)? ?(?:vous )?"
    r"(?:aider|faire cela|répondre|en parler|parler)",
    "de": r"\bkann ich (?:ihnen |dir )?(?:leider )?(?:nicht|keine?)\b[^.!?]{0,40}(?:helfen|auskunft|antworten)"
    r"|\bkann (?:ihnen |dir )?(?:dabei|damit|hierbei) (?:leider )?nicht (?:weiter)?helfen",
    "pt": r"\bnão (?:posso|consigo) (?:ajudar|ajudá|fazer isso|responder|falar)",
    "pl": r"\bnie mogę (?:w tym |pani |panu )?(?:pomóc|odpowiedzieć|rozmawiać)",
    "hi": r"(?:मदद|सहायता) नहीं कर (?:सकता|सकती|पाऊँगा|पाऊँगी|पाऊंगा|पाऊंगी)",
    "ja": r"(?:お手伝い|お答え|対応|ご案内)(?:は)?(?:でき(?:ません|かねます)|いたしかねます)",
    "ar": r"لا (?:أستطيع|يمكنني) (?:مساعدت|المساعدة|الإجابة|التحدث)",
    "zh": r"(?:无法|不能)(?:为您|帮您|帮助|协助|回答|提供)",
}
_COMPILED = {language: re.compile(pattern, re.IGNORECASE) for language, pattern in _REFUSES.items()}


def heard(m: Memory, words: str, now: float) -> None:
    """A turn of the assistant has reached the caller's ear."""
    h = m.health
    if not words or _is_ours(m, words):
        return
    h.refusals = h.refusals + 1 if refuses(words, m.spoken) else 0
    looped = len(h.turns) == TURNS_COMPARED - 1 and all(alike(words, before) for before in h.turns)
    h.turns.append(words)
    if h.refusals >= REFUSALS:
        _break(m, now, flags.REFUSAL_LOOP, f"{h.refusals} in a row")
    elif looped:
        _break(m, now, flags.SENTENCE_LOOP, f"{TURNS_COMPARED} times")


def _is_ours(m: Memory, words: str) -> bool:
    """A phrase that the house has said more than once."""
    phrases, pairs = m.rules.phrases_in.get(m.spoken, m.rules.phrases), _pairs(words)
    return any(_match(pairs, _pairs_of_phrase(phrase)) for phrase in phrases.values())


def _break(m: Memory, now: float, name: str, detail: str) -> None:
    h = m.health
    h.turns.clear()
    h.refusals = 0
    h.broken += 1
    m.out.append(RecordFlag(name, round(now - m.started_at, 3), detail))
    if h.broken <= MOST_BROKEN and m.state is State.TALKING and m.speaking_since is None:
        m.out.append(Say(BREAK.format(way_out=way_out(m))))


def way_out(m: Memory) -> str:
    """What can be offered to a caller whom the assistant cannot help."""
    return TO_A_COLLEAGUE if m.rules.handoff_number is not None else ANOTHER_WAY


def tool_used(m: Memory) -> None:
    """Something happens between two turns: "anything else?" may be asked again."""
    m.health.turns.clear()


def refuses(words: str, language: str) -> bool:
    """Whether these words refuse to help."""
    pattern = _COMPILED.get(language.split("-", maxsplit=1)[0])
    return bool(pattern and pattern.search(words))


def alike(left: str, right: str) -> bool:
    """Whether two turns are the same words, said once more: by their pairs of letters, in any script."""
    return _match(_pairs(left), _pairs(right))


def _match(a: Counter[str], b: Counter[str]) -> bool:
    least, size = min(a.total(), b.total()), a.total() + b.total()
    # Of texts that are not about as long it need not be counted what they share.
    return least >= SHORTEST - 1 and 2 * least >= ALIKE * size and 2 * (a & b).total() >= ALIKE * size


def _pairs(text: str) -> Counter[str]:
    letters = [one for one in unicodedata.normalize("NFKC", text).casefold() if unicodedata.category(one)[0] in "LMN"]
    return Counter(map("".join, pairwise(letters)))


@lru_cache(maxsize=512)
def _pairs_of_phrase(phrase: str) -> Counter[str]:
    return _pairs(phrase)
