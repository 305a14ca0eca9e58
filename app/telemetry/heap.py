"""The C library's heap: kept in one place, and what is free in it given back to the system."""

import contextlib
import ctypes

SPARE_BYTES = 1_048_576  # so much free at the end of the heap is kept: with less, each burst of sound asks for it anew

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_ARENA_MAX = -1, -2, -8  # malloc.h


def keep_together() -> None:
    """Let every thread take memory from one place.

    By itself the GNU C library gives each thread its own, of which little is ever free whole: over many calls that
    looks like a leak. https://www.gnu.org/software/libc/manual/html_node/Malloc-Tunable-Parameters.html
    """
    with contextlib.suppress(OSError, AttributeError):  # another C library
        library = ctypes.CDLL(None)
        library.mallopt(_M_ARENA_MAX, 1)
        library.mallopt(_M_TRIM_THRESHOLD, SPARE_BYTES)
        library.mallopt(_M_TOP_PAD, SPARE_BYTES)


def give_back() -> None:
    """Give back what is free in the middle of the heap, too; a thread takes 1 to 3 ms for it, without Python's lock.

    Calls that end leave holes between what goes on: https://man7.org/linux/man-pages/man3/malloc_trim.3.html
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
