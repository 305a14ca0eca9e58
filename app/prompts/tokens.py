"""About how many tokens a text has: what a prompt costs, again at every turn."""

# Letters to a token, by script, as Gemini's tokenizer cuts everyday text; others are taken for Latin.
_LATIN = 4.0
_LETTERS = ((0x0370, 0x058F, 2.5), (0x0590, 0x08FF, 2.5), (0x0900, 0x0DFF, 2.0), (0x0E00, 0x0FFF, 2.0))
_IDEOGRAMS = (
    (0x1100, 0x11FF),
    (0x2E80, 0x9FFF),
    (0xA960, 0xA97F),
    (0xAC00, 0xD7FF),
    (0xF900, 0xFAFF),
    (0xFF00, 0xFFEF),
)
_IDEOGRAM = 1.5


def tokens(text: str) -> int:
    """About how many tokens ``text`` has."""
    return round(sum(1 / _letters_a_token(letter) for letter in text))


def _letters_a_token(letter: str) -> float:
    code = ord(letter)
    if code < 0x0370:
        return _LATIN
    if any(low <= code <= high for low, high in _IDEOGRAMS):
        return _IDEOGRAM
    return next((letters for low, high, letters in _LETTERS if low <= code <= high), _LATIN)
