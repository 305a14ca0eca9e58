"""Was a sentence said? Words as a recogniser writes them, against words as they were meant."""

from difflib import SequenceMatcher

SAID = 0.8  # of its letters, in order: recognisers spell names and numbers in their own way
PIECE = 4  # letters in a row that count: single ones are in any long talk
PIECE_OF_CJK = 2
_FIRST_OF_CJK = "\u2e80"


def said_in(sentence: str, words: str) -> bool:
    """Whether ``words`` have ``sentence`` in them, punctuation and case apart."""
    wanted, heard = _letters(sentence), _letters(words)
    if not wanted:
        return False
    if wanted in heard:
        return True
    blocks = SequenceMatcher(None, wanted, heard, autojunk=False).get_matching_blocks()
    piece = PIECE_OF_CJK if max(wanted) >= _FIRST_OF_CJK else PIECE
    return sum(block.size for block in blocks if block.size >= piece) >= SAID * len(wanted)


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
