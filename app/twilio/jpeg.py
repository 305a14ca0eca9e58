"""Any picture a stranger sends as a small, clean JPEG: decoded within limits, upright, without metadata."""

import io
import struct
from typing import Final

from PIL import Image as Pillow
from PIL import ImageOps

from app.call.image import Image

LONGEST_SIDE: Final = 1_024  # pixels
LARGEST_JPEG: Final = 2_000_000  # bytes
# By format, so that none needs more than 300 MB while it is decoded; 50 million are a telephone's largest photo.
MOST_PIXELS: Final = {"JPEG": 50_000_000, "PNG": 50_000_000, "WEBP": 16_000_000}

_QUALITIES = (85, 70, 50)
_FORMATS = {"image/jpeg": "JPEG", "image/jpg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
# What Pillow's readers raise for bytes that are not what they say.
_BROKEN = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, OverflowError, struct.error)


class NotAPicture(Exception):
    """These bytes are no picture that is taken here; the text says why, for the log."""


class PictureTooLarge(Exception):
    """The picture has more pixels than are decoded."""


def taken(content_type: str) -> bool:
    """Whether pictures of this declared type are taken."""
    return _kind(content_type) in _FORMATS


def as_jpeg(picture: bytes, content_type: str) -> Image:
    """Decode the first frame of a picture of the declared type. Blocking; raises NotAPicture or PictureTooLarge."""
    declared = _FORMATS.get(_kind(content_type))
    if declared is None:
        raise NotAPicture("a type that is not taken")
    if _format_of(picture) != declared:
        raise NotAPicture("not of the type it was declared to be")
    try:
        with Pillow.open(io.BytesIO(picture), formats=[declared]) as opened:
            if opened.width * opened.height > MOST_PIXELS[declared]:
                raise PictureTooLarge(f"{opened.width} by {opened.height} pixels")
            return _small(opened)
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning) as bomb:
        raise PictureTooLarge(str(bomb)) from bomb
    except _BROKEN as broken:
        raise NotAPicture(f"cannot be decoded: {type(broken).__name__}") from broken


def _small(opened: Pillow.Image) -> Image:
    opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is decoded at a fraction of its size
    picture: Pillow.Image = opened
    if picture.mode in ("1", "P"):  # whose colours cannot be mixed
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    flat = _flat(_upright(picture))
    clean = Pillow.new("RGB", flat.size)  # a new picture has no metadata to leak
    clean.paste(flat)
    return Image(_encoded(clean), clean.width, clean.height)


def _upright(picture: Pillow.Image) -> Pillow.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except _BROKEN:
        return picture  # a broken EXIF block spoils nothing but the orientation


def _flat(picture: Pillow.Image) -> Pillow.Image:
    """In RGB, what shows through on white."""
    if picture.mode.startswith("I"):  # 16 bits a pixel, which a plain conversion would clip
        picture = picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    seen = picture.convert("RGBA")
    paper = Pillow.new("RGBA", seen.size, "white")
    return Pillow.alpha_composite(paper, seen).convert("RGB")


def _encoded(picture: Pillow.Image) -> bytes:
    """At the best quality that fits; at this size the last one always does."""
    written = io.BytesIO()
    for quality in _QUALITIES:
        written = io.BytesIO()
        picture.save(written, "JPEG", quality=quality)
        if written.tell() <= LARGEST_JPEG:
            break
    return written.getvalue()


def _kind(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _format_of(picture: bytes) -> str | None:
    """What the first bytes say."""
    if picture.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if picture.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if picture.startswith(b"RIFF") and picture[8:12] == b"WEBP":
        return "WEBP"
    return None
