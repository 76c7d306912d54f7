"""Keeps the memory of a long-running service flat."""

import ctypes

ARENAS = 2
_ARENA_MAX = -8
LARGE = 256 * 1024
"""Bytes from which a block is given back to the system when it is freed: a stream's window and the engine's states."""
_MMAP_THRESHOLD = -3
"""Parameters of glibc's mallopt(3)."""


def keep_flat() -> bool:
    """Let glibc share ARENAS heaps among all threads and keep LARGE blocks apart, from now on.

    By default each of a dozen threads gets a heap, and glibc moves large blocks into these heaps once some were freed;
    between what is kept of streams that go on they leave holes: the service grew by 20 % over a thousand participants
    and went on growing. False where the C library is another one.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and bool(mallopt(_ARENA_MAX, ARENAS) and mallopt(_MMAP_THRESHOLD, LARGE))
