"""Takes out of texts what must not be kept: numbers of cards, papers and phones, addresses of mail, secrets."""

from app.redaction.spans import Span
from app.redaction.text import Redacted, redact

__all__ = ["Redacted", "Span", "redact"]
