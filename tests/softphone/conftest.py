"""A house with one line, as the tests of lines have it."""

from tests.lines.conftest import house

__all__ = ["house"]
