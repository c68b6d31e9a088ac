"""How large a patch makes what is too small.

Rule: pure arithmetic over bytes.
"""

GIB = 1 << 30
RUNTIME_DEFAULT = 64 << 20  # of /dev/shm


def for_shm(limit: int | None) -> int:
    """A size for /dev/shm: a quarter of the memory, since it counts against it; else 2 GiB."""
    if not limit:
        return 2 * GIB
    step = GIB if limit >= 4 * GIB else RUNTIME_DEFAULT
    return max(limit // 4 // step, 2) * step if step < GIB else limit // 4 // step * step


def larger(size: int) -> int:
    """Half as much again, in whole GiB."""
    return -(-size * 3 // 2 // GIB) * GIB
