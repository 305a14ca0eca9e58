"""The documents for the numbers' fallback address: static, by line, with nothing in them that needs this app."""

from collections.abc import Mapping

from app.prompts.line import Line
from app.prompts.lines import load_lines
from app.settings import Settings
from app.twilio.twiml import Sentence, fallback


def documents(settings: Settings) -> dict[str, str]:
    """TwiML by line, as the files have it."""
    lines, _ = load_lines(settings.prompts)
    return {name: _document(line) for name, line in lines.items()}


def _document(line: Line) -> str:
    """A static document knows no hours: the representative is dialled, whatever the time."""
    language = line.languages[0]
    sentence = line.phrases[language]["handing_off" if line.handoff_number else "apology"]
    return fallback(Sentence(sentence, line.phrases_language.get(language, language)), line.handoff_number)


def told(found: Mapping[str, str]) -> str:
    """For people: one document alone can be copied as it stands, several have their line's name above."""
    if len(found) == 1:
        return next(iter(found.values()))
    return "\n\n".join(f"{name}:\n{document}" for name, document in found.items())
