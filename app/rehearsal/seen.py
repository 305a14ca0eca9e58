"""What a photo shows, as far as it can be told without a model: its size and its main colour. Pure."""

import colorsys
import io
from collections import Counter
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

_LOOKED_AT = (64, 64)  # pixels; a photo's main colour survives that
_MOST_PIXELS = 50_000_000
_GREY, _DARK, _LIGHT = 0.16, 0.16, 0.84
_HUES = ((15, "red"), (45, "orange"), (70, "yellow"), (165, "green"), (200, "cyan"), (260, "blue"), (320, "purple"))


class NotAPhoto(ValueError):
    """Not a JPEG that can be decoded."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One photo. ``exif``: it still carries the camera's notes; ``text``: what was written into the file."""

    width: int
    height: int
    colour: str
    exif: bool = False
    text: str = ""


def look(jpeg: bytes) -> Seen:
    """Decode a JPEG: tens of milliseconds, for a thread. Raises NotAPhoto."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
            width, height = image.size
            if width * height > _MOST_PIXELS:
                raise NotAPhoto("too many pixels")
            small = image.convert("RGB").resize(_LOOKED_AT)
            return Seen(width, height, _main_colour(small), bool(image.getexif()), _written(image))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as broken:
        raise NotAPhoto(str(broken)) from broken


def _main_colour(image: Image.Image) -> str:
    data = image.tobytes()
    names = Counter(_colour(*data[at : at + 3]) for at in range(0, len(data), 3))
    return names.most_common(1)[0][0]


def _colour(red: int, green: int, blue: int) -> str:
    hue, saturation, value = colorsys.rgb_to_hsv(red / 255, green / 255, blue / 255)
    if value < _DARK:
        return "black"
    if saturation < _GREY:
        return "white" if value > _LIGHT else "grey"
    return next((name for limit, name in _HUES if hue * 360 < limit), "red")


def _written(image: Image.Image) -> str:
    comment = image.info.get("comment", b"")
    described = image.getexif().get(270, "")  # ImageDescription
    text = comment.decode(errors="ignore") if isinstance(comment, bytes) else str(comment)
    return f"{text} {described}".strip()
