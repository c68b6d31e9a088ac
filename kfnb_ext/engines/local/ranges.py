"""The parts of a file that are no holes, and how bytes get from one file into another.

Rule: in the kernel where it can, else through memory, in pieces.
"""

import errno
import os
from collections.abc import Iterator

_CHUNK = 1024 * 1024


def write(fd: int, data: "bytes | memoryview") -> None:
    """Write all of it."""
    done = os.write(fd, data)
    while done < len(data):
        done += os.write(fd, memoryview(data)[done:])


def data_of(fd: int, st: os.stat_result) -> Iterator[tuple[int, int]]:
    """The parts of a file that are no holes; the last, perhaps empty, ends at its size."""
    if st.st_blocks * 512 >= st.st_size:
        yield 0, st.st_size
        return
    position = 0
    while position < st.st_size:
        try:
            start = os.lseek(fd, position, os.SEEK_DATA)
        except OSError as error:
            if error.errno != errno.ENXIO:  # this filesystem does not know holes
                yield position, st.st_size
                return
            break
        position = min(os.lseek(fd, start, os.SEEK_HOLE), st.st_size)
        yield min(start, st.st_size), position
    yield st.st_size, st.st_size


def copy_range(source: int, target: int, start: int, count: int) -> int:
    """Copy in the kernel where it can, else through memory; returns the bytes done."""
    try:
        return os.copy_file_range(source, target, count, start, start)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
            raise
    data = os.pread(source, min(count, _CHUNK), start)
    os.lseek(target, start, os.SEEK_SET)
    write(target, data)
    return len(data)
