"""Links the files of folders, here or as a child that starts in a few milliseconds.

Rule: nothing but ``os`` and ``sys`` is imported, and what is asked is bytes: records joined by
``\\0``, which no path holds. A folder is linked whole or not at all.
"""

import os
import sys

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def record(path: bytes, mode: int, mtime: int, names: bytes) -> bytes:
    """What linking a folder needs; ``mtime`` in ns, ``names`` divided by ``/``."""
    return b"\0".join((path, b"%d" % mode, b"%d" % mtime, names))


def link(tree: int, before: int, records: bytes) -> bytes:
    """Link all files of folders; for each a byte: 1, or 0 where none of them is there.

    ``tree``, ``before``: descriptors of the roots of this snapshot and of the previous one.
    """
    fields = iter(records.split(b"\0"))
    return bytes(
        _linked((tree, before), path or b".", names.split(b"/") if names else [], (mode, mtime))
        for path, mode, mtime, names in zip(fields, fields, fields, fields, strict=True)
    )


def _linked(
    roots: "tuple[int, int]", path: bytes, names: "list[bytes]", told: "tuple[bytes, bytes]"
) -> bool:
    target = source = -1
    done, link = [], os.link
    try:
        target = os.open(path, _OPEN, dir_fd=roots[0])
        source = os.open(path, _OPEN, dir_fd=roots[1])
        for name in names:
            link(name, name, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
            done.append(name)
        figures(target, int(told[0]), int(told[1]))
    except OSError:
        for name in done:
            os.unlink(name, dir_fd=target)
        return False
    finally:
        for fd in (target, source):
            if fd >= 0:
                os.close(fd)
    return True


def figures(fd: int, mode: int, mtime: int) -> None:
    """Give a folder that is whole its time (ns), and its mode without the right to write."""
    os.utime(fd, ns=(mtime, mtime))
    os.fchmod(fd, (mode & 0o555) | 0o500)


def main(tree: int, before: int) -> None:
    """Serve on stdin and stdout: a line with the length of the records, and the records."""
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while length := source.readline():
        target.write(link(tree, before, source.read(int(length))))
        target.flush()
