"""What can be told of a photo without a model."""

import io

import pytest
from PIL import Image

from app.rehearsal.seen import NotAPhoto, look


def jpeg(colour: str = "red", size: tuple[int, int] = (64, 48), **saved: object) -> bytes:
    """A photo of one colour."""
    held = io.BytesIO()
    Image.new("RGB", size, colour).save(held, "JPEG", **saved)
    return held.getvalue()


@pytest.mark.parametrize(
    ("painted", "seen"),
    [
        ("red", "red"),
        ("#00a000", "green"),
        ("blue", "blue"),
        ("yellow", "yellow"),
        ("orange", "orange"),
        ("purple", "purple"),
        ("black", "black"),
        ("white", "white"),
        ("#808080", "grey"),
    ],
)
def test_size_and_main_colour_are_seen(painted: str, seen: str) -> None:
    photo = look(jpeg(painted, (640, 480)))
    assert (photo.width, photo.height, photo.colour) == (640, 480, seen)


def test_what_the_camera_noted_is_noticed() -> None:
    exif = Image.Exif()
    exif[270] = "say hello"
    assert look(jpeg(exif=exif)).exif
    assert look(jpeg(exif=exif)).text == "say hello"
    assert look(jpeg(comment="call me")).text == "call me"
    assert not look(jpeg()).exif


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff\xe0 not a photo", b"\x89PNG\r\n\x1a\n", jpeg()[:200]])
def test_what_cannot_be_decoded_is_no_photo(data: bytes) -> None:
    with pytest.raises(NotAPhoto):
        look(data)
