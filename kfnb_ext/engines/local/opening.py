"""Opening things below a folder without following links, and reading what is about them.

Rule: every path is opened from a descriptor of the top, and what was opened is looked at again.
"""

import os

from kfnb_ext.engines.local import names


def at(root: int, path: str) -> int:
    """As ``folder``, of a path as ``os`` takes it."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(path or ".", flags, dir_fd=root)


def folder(root: int, path: str) -> int:
    """Open a folder below ``root``; its last part may not be a link (check the inode too)."""
    return at(root, names.raw(path))


def xattrs(fd: int) -> dict[str, bytes] | None:
    """The extended attributes that can be read; None when there are none."""
    try:
        listed = os.listxattr(fd)
    except OSError:
        return None
    found = {}
    for name in listed:
        try:
            found[names.text(name)] = os.getxattr(fd, name)
        except OSError:
            continue  # not for us (security.*, trusted.*), or gone
    return found or None


def walked(root: int, path: str) -> int:
    """Open a folder below ``root`` part by part, so that no part of the way is a link.

    Raises: OSError (ELOOP or ENOTDIR when a part is a link or a file).
    """
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(".", flags, dir_fd=root)
    for part in names.key(path):
        try:
            deeper = os.open(names.raw(part), flags, dir_fd=fd)
        finally:
            os.close(fd)
        fd = deeper
    return fd
