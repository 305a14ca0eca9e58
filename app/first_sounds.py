"""The sound of greetings and phrases that a call may begin with, made before anybody calls."""

from datetime import UTC, datetime

from app.audio.pcm import Audio
from app.call.events import PhraseFound
from app.greetings import GreetingKey
from app.house import House
from app.leading import overridden
from app.lines.published import Published
from app.prompts.languages import main_language
from app.prompts.lines import Line, greeting

SOUNDED = ("one_moment", "lost_the_line")  # phrases that callers may have to hear while no session can say them
SHARED = "phrases"  # stands for the line in what a phrase's sound is kept under: every line has the same


def greeting_key(line: Line, language: str) -> GreetingKey | None:
    """What the sound of a line's greeting is kept under; None for one that is another in every call."""
    if not line.greeting_is_fixed(language):
        return None
    said = greeting(line, language, "", datetime.now(UTC))
    return GreetingKey(line.name, language, line.voice, line.model, said)


def greeting_sound(house: House, line: Line, language: str) -> Audio | None:
    """The sound of the line's greeting, if it was made; else it is asked for, for the calls to come."""
    key = greeting_key(line, language) if house.greetings is not None else None
    if house.greetings is None or key is None:
        return None
    sound = house.greetings.sound(key)
    if sound is None:
        house.greetings.want(key)
    return sound


def prepare_greetings(house: House, published: Published) -> None:
    """Have the greetings' sound made when a line goes live, before anybody calls it."""
    line = overridden(house, published.line)
    for language in _prepared(line):
        greeting_sound(house, line, language)
    phrase_sounds(house, line)


def _prepared(line: Line) -> tuple[str, ...]:
    """The languages a call to the line may begin in."""
    return line.languages if line.language_policy == "ask" else line.languages[:1]


def phrase_sounds(house: House, line: Line) -> tuple[PhraseFound, ...]:
    """The phrases whose sound is at hand. Those a call may begin with are asked for, for the calls to come."""
    greetings = house.greetings
    if greetings is None:
        return ()
    found = []
    for language in line.languages:
        for name in SOUNDED:
            key = phrase_key(line, language, name)
            sound = greetings.sound(key) if key is not None else None
            if sound is not None:
                found.append(PhraseFound(name, language, sound))
            elif key is not None and language in _prepared(line):
                greetings.want(key)
    return tuple(found)


def phrase_key(line: Line, language: str, name: str) -> GreetingKey | None:
    """What a phrase's sound is kept under; None for one that nobody has written in this language."""
    sentence = line.phrases[language].get(name, "")
    if not sentence or main_language(line.phrases_language[language]) != main_language(language):
        return None
    return GreetingKey(SHARED, language, line.voice, line.model, sentence)
