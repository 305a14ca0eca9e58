"""Was a sentence said? Words as a recogniser writes them, against words as they were meant."""

from difflib import SequenceMatcher

SAID = 0.8  # of its letters, in order: recognisers spell names and numbers in their own way


def said_in(sentence: str, words: str, share: float = SAID) -> bool:
    """Whether ``words`` have ``sentence`` in them, or ``share`` of its letters in order, punctuation and case apart."""
    wanted, heard = _letters(sentence), _letters(words)
    if not wanted:
        return False
    if wanted in heard:
        return True
    blocks = SequenceMatcher(None, wanted, heard, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) >= share * len(wanted)


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
