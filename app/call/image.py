"""A picture that the model is shown."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Image:
    """A JPEG without metadata, ``width`` by ``height`` pixels."""

    jpeg: bytes
    width: int
    height: int
