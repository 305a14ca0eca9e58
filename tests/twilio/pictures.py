"""Pictures to send, good and bad."""

import io
import struct
import zlib

from PIL import Image as Pillow

RED = (200, 30, 30)
ORIENTATION, GPS = 0x0112, 0x8825


def written(picture: Pillow.Image, kind: str, **more: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **more)
    return file.getvalue()


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), mode: str = "RGB") -> bytes:
    """A red picture."""
    red = Pillow.new("RGB", size, RED)
    return written(red.quantize(8) if mode == "P" else red.convert(mode), kind)


def located() -> bytes:
    """A JPEG that lies on its side, with where and when it was taken."""
    exif = Pillow.Exif()
    exif[ORIENTATION] = 6
    exif[0x010E] = "my front door"
    exif.get_ifd(GPS)[2] = (52.0, 31.0, 12.0)
    lying = Pillow.new("RGB", (80, 40), RED)
    lying.paste("blue", (0, 0, 40, 40))
    return written(lying, "JPEG", exif=exif, comment=b"a comment")


def bomb(width: int = 30_000, height: int = 30_000) -> bytes:
    """A PNG of a few hundred bytes that would unfold to 2.7 GB."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", head)
        + _chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + _chunk(b"IEND", b"")
    )


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def opened(jpeg: bytes) -> Pillow.Image:
    """A JPEG, read for what is in it."""
    shown = Pillow.open(io.BytesIO(jpeg), formats=["JPEG"])
    shown.load()
    return shown


def near(pixel: object, colour: tuple[int, int, int]) -> bool:
    """Whether a pixel has a colour, as far as JPEG keeps colours."""
    assert isinstance(pixel, tuple)
    return all(abs(int(is_) - wanted) < 12 for is_, wanted in zip(pixel, colour, strict=True))
