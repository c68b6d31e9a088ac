"""A /dev/shm of a few MiB, as a container runtime gives it; in a mount namespace of its own."""

import ctypes
import os

from tests.fakes import hung_mount

MS_BIND = 0x1000
_libc = ctypes.CDLL(None, use_errno=True)


def own(mebibytes: int, point: str = "/dev/shm") -> None:
    """From here on this process and its children see a tmpfs of this size at ``point``."""
    hung_mount.own_namespace()
    options = f"size={mebibytes}m".encode()
    if _libc.mount(b"shm", point.encode(), b"tmpfs", 0, options) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def pod(mebibytes: int) -> None:
    """The same, and a mount table as a container runtime makes it."""
    own(mebibytes)
    hosts = b"/etc/hosts"
    if _libc.mount(hosts, hosts, None, MS_BIND, None) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
