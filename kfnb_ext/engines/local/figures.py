"""Mode, times, owner and attributes of what was restored.

Rule: what the system does not let us set (owners, security attributes) is passed over; times come
last because everything else moves them.
"""

import errno
import os

from kfnb_ext.engines.local import manifest, names, opening


def give(fd: int, item: manifest.Item, user: tuple[int, int], also: int = 0) -> None:
    """Give an open file or folder the owner, attributes, mode (and ``also``) and times."""
    if user[0] == 0 and (item.uid, item.gid) != user:
        os.fchown(fd, item.uid, item.gid)  # before the mode: it clears setuid
    for name, value in (item.xattrs or {}).items():
        try:
            os.setxattr(fd, names.raw(name), value)
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EINVAL):
                raise
    os.fchmod(fd, item.mode | also)
    os.utime(fd, ns=(item.mtime, item.mtime))


def set_live(fd: int, item: manifest.Item, user: tuple[int, int]) -> None:
    """Set all figures of a live file or folder; attributes it did not have go."""
    for name in opening.xattrs(fd) or {}:
        if name not in (item.xattrs or {}):
            try:
                os.removexattr(fd, names.raw(name))
            except OSError:
                continue  # not ours to remove
    give(fd, item, user)


def differ(a: manifest.Item, b: manifest.Item) -> bool:
    """Whether times, mode, attributes or (where we could set them) owners are not the same."""
    if a.mtime != b.mtime or a.xattrs != b.xattrs:
        return True
    if a.kind != manifest.SYMLINK and a.mode != b.mode:
        return True
    return os.geteuid() == 0 and (a.uid, a.gid) != (b.uid, b.gid)
