"""The placeholders of an HTTP tool: arguments, what the house knows of the caller, and secrets."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote

# A name in braces; other braces are left as they are, so that a body may hold a GraphQL query.
PLACEHOLDER = re.compile(r"\{([A-Za-z_][\w.]*)\}")
_IN_BRACES = re.compile(r"\{[^{}]*\}")

Values = Mapping[str, object]


class Unfit(Exception):
    """An argument cannot stand where the tool wants it; ``name`` is the placeholder."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name} {problem}")
        self.name = name
        self.problem = problem


def placeholders(template: object) -> Iterator[str]:
    """Every placeholder of a text, or of the texts in a table or list."""
    if isinstance(template, str):
        yield from PLACEHOLDER.findall(template)
    elif isinstance(template, Mapping):
        for inner in template.values():
            yield from placeholders(inner)
    elif isinstance(template, list | tuple):
        for inner in template:
            yield from placeholders(inner)


def stray(text: str) -> str:
    """What stands in braces and is no placeholder, in a text where nothing else may."""
    odd = [found for found in _IN_BRACES.findall(text) if not PLACEHOLDER.fullmatch(found)]
    rest = _IN_BRACES.sub("", text)
    return odd[0] if odd else next((brace for brace in "{}" if brace in rest), "")


def filled_path(template: str, values: Values) -> str:
    """The path with every value inside one segment of it. Raises Unfit for a value that could be read as more."""
    return "/".join(_segment(segment, values) for segment in template.split("/"))


def _segment(template: str, values: Values) -> str:
    names = PLACEHOLDER.findall(template)
    for name in names:
        _fits_a_segment(name, text_of(values.get(name)))
    # What the file says stays as it is written, but for what no URL may hold.
    written = filled(quote(template, safe="{}%!$&'()*+,;=:@"), values, lambda text: quote(text, safe="")) or ""
    if names and written in (".", ".."):
        raise Unfit(names[0], "cannot be looked up")
    return written


def _fits_a_segment(name: str, text: str | None) -> None:
    """Percent-encoded, a slash stays in its segment; but some servers decode it before they look where it leads."""
    if not text or text.strip(".") == "":
        raise Unfit(name, "is missing" if not text else "cannot be looked up")
    if any(character in "/\\" or not character.isprintable() for character in text):
        raise Unfit(name, "may not have slashes or control characters in it")


def filled_header(template: str, values: Values) -> str | None:
    """A header's value, or None when a placeholder of it has none. Raises Unfit for what no header may hold."""
    written = filled(template, values)
    if written is None or (written.isascii() and written.isprintable()):
        return written and written.strip()
    raise Unfit(next(iter(PLACEHOLDER.findall(template)), "header"), "may have plain letters and digits only")


def filled_body(template: object, values: Values) -> object:
    """JSON with the values in it, each in its own type where it stands alone; what has no value is left out."""
    if isinstance(template, str):
        alone = PLACEHOLDER.fullmatch(template)
        return values.get(alone[1]) if alone else filled(template, values)
    if isinstance(template, Mapping):
        inner = {name: filled_body(value, values) for name, value in template.items()}
        return {name: value for name, value in inner.items() if value is not None}
    if isinstance(template, list | tuple):
        return [value for one in template if (value := filled_body(one, values)) is not None]
    return template


def filled(template: str, values: Values, encode: Callable[[str], str] = str) -> str | None:
    """The text with its placeholders filled in, or None when one of them has no value."""
    texts = {name: text_of(values.get(name)) for name in PLACEHOLDER.findall(template)}
    if any(text is None for text in texts.values()):
        return None
    return PLACEHOLDER.sub(lambda found: encode(texts[found[1]] or ""), template)


def text_of(value: object) -> str | None:
    """A value as a text: truth as ``true``, lists with commas between, tables as JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ",".join(text_of(one) or "" for one in value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, Mapping) else str(value)
