"""Strangers' pictures, made small and clean."""

import pytest
from PIL import Image as Pillow

from app.twilio.jpeg import LARGEST_JPEG, LONGEST_SIDE, NotAPicture, PictureTooLarge, as_jpeg, taken
from tests.twilio.pictures import RED, bomb, located, near, opened, picture, written


@pytest.mark.parametrize(("kind", "declared"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")])
def test_a_picture_becomes_a_jpeg_of_its_size_and_colour(kind: str, declared: str) -> None:
    image = as_jpeg(picture(kind), declared)
    shown = opened(image.jpeg)
    assert (image.width, image.height) == shown.size == (64, 48)
    assert shown.mode == "RGB" and near(shown.getpixel((30, 20)), RED)


@pytest.mark.parametrize(("kind", "size"), [("JPEG", (8_000, 6_000)), ("PNG", (6_000, 8_000))])
def test_a_telephones_largest_photo_is_scaled(kind: str, size: tuple[int, int]) -> None:
    image = as_jpeg(picture(kind, size), f"image/{kind.lower()}")
    assert max(image.width, image.height) == LONGEST_SIDE
    assert min(image.width, image.height) == 768
    assert len(image.jpeg) <= LARGEST_JPEG


def test_even_noise_fits() -> None:
    noise = Pillow.effect_noise((3_000, 3_000), 255).convert("RGB")
    assert len(as_jpeg(written(noise, "JPEG", quality=60), "image/jpeg").jpeg) <= LARGEST_JPEG


def test_where_it_was_taken_is_dropped_and_it_stands_upright() -> None:
    given = opened(located())
    assert given.getexif().get_ifd(0x8825) and given.info["comment"]
    image = as_jpeg(located(), "image/jpeg")
    shown = opened(image.jpeg)
    assert not shown.getexif() and not {"exif", "comment", "icc_profile", "xmp"} & set(shown.info)
    assert b"Exif" not in image.jpeg and b"front door" not in image.jpeg
    assert shown.size == (40, 80)  # was 80 by 40, to be turned clockwise: what was left is above
    assert near(shown.getpixel((20, 10)), (0, 0, 255)) and near(shown.getpixel((20, 70)), RED)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_broken_note_of_where_it_was_taken_spoils_nothing_else() -> None:
    whole = located()
    at = whole.index(b"Exif\0\0") + 14  # how many entries there are
    image = as_jpeg(whole[:at] + b"\xff\xff" + whole[at + 2 :], "image/jpeg")
    assert {image.width, image.height} == {40, 80}


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "CMYK"), ("PNG", "P"), ("PNG", "RGBA"), ("PNG", "L"), ("PNG", "LA"), ("PNG", "1")]
)
def test_every_way_to_write_colours_is_read(kind: str, mode: str) -> None:
    shown = opened(as_jpeg(picture(kind, mode=mode), f"image/{kind.lower()}").jpeg)
    assert shown.mode == "RGB"
    if mode in ("CMYK", "P", "RGBA"):
        assert near(shown.getpixel((30, 20)), RED)


def test_what_shows_through_is_white() -> None:
    glass = Pillow.new("RGBA", (20, 20), (200, 30, 30, 0))
    assert near(opened(as_jpeg(written(glass, "PNG"), "image/png").jpeg).getpixel((5, 5)), (255, 255, 255))


def test_sixteen_bits_are_not_clipped() -> None:
    grey = Pillow.new("I;16", (20, 20), 0x8000)
    assert near(opened(as_jpeg(written(grey, "PNG"), "image/png").jpeg).getpixel((5, 5)), (128, 128, 128))


def test_of_a_film_the_first_frame_is_taken() -> None:
    first, second = Pillow.new("RGB", (20, 20), RED), Pillow.new("RGB", (20, 20), "blue")
    film = written(first, "WEBP", save_all=True, append_images=[second])
    assert near(opened(as_jpeg(film, "image/webp").jpeg).getpixel((5, 5)), RED)


def test_a_bomb_is_not_unfolded() -> None:
    assert len(bomb()) < 1_000
    for width, height in ((30_000, 30_000), (10_000, 10_000), (8_000, 7_000)):
        with pytest.raises(PictureTooLarge):
            as_jpeg(bomb(width, height), "image/png")


@pytest.mark.parametrize(
    ("content", "declared"),
    [
        (picture("GIF"), "image/gif"),
        (picture("GIF"), "image/jpeg"),
        (picture("PNG"), "image/jpeg"),
        (b"<html><body>Not here</body></html>", "image/jpeg"),
        (b"", "image/jpeg"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (picture("JPEG", (640, 480))[:400], "image/jpeg"),
        (picture("PNG", (640, 480))[:-40], "image/png"),
        (b"RIFF\0\0\0\0WEBPVP8 nothing", "image/webp"),
        (picture(), "video/mp4"),
        (picture(), ""),
    ],
)
def test_what_is_no_picture_is_refused(content: bytes, declared: str) -> None:
    with pytest.raises(NotAPicture):
        as_jpeg(content, declared)


def test_a_type_may_be_written_with_more() -> None:
    assert taken("Image/JPEG; charset=binary") and taken("image/jpg")
    assert not taken("image/heic") and not taken("text/x-vcard")
