"""A real cgroup with a memory limit, where this machine lets one be made; None where not.

Rule: it is removed with the test, and only what the test puts into it lives in it.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from kfnb_ext.probes import cgroup


@contextlib.contextmanager
def limited(limit: int) -> Iterator[Path | None]:
    """A cgroup below our own of at most ``limit`` bytes; a pid is written into cgroup.procs."""
    own = cgroup.find("memory")
    if own is None or os.geteuid() != 0:
        yield None
        return
    folder = own.path / f"kfnb-test-{os.getpid()}"
    name = "memory.max" if own.version == 2 else "memory.limit_in_bytes"
    try:
        folder.mkdir()
        (folder / name).write_text(str(limit))
    except OSError:
        with contextlib.suppress(OSError):
            folder.rmdir()
        yield None
        return
    with contextlib.suppress(OSError):  # memory that could be swapped would not run out
        (folder / "memory.swappiness").write_text("0")
        (folder / "memory.memsw.limit_in_bytes").write_text(str(limit))
    try:
        yield folder
    finally:
        for _ in range(50):
            with contextlib.suppress(OSError):
                folder.rmdir()
                break
            time.sleep(0.1)
