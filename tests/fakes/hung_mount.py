"""A filesystem whose server can stop answering, as a dead NFS server does; made with FUSE.

Rule: it lives in a mount namespace of its own, so nobody else on the machine can hang on it, and
nothing of it stays behind. The server is a child process; SIGSTOP is its death.
"""

import ctypes
import os
import signal
import struct
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import child

ROOT = Path(__file__).parents[2]
DEVICE = "/dev/fuse"
CLONE_NEWNS = 0x00020000
MS_REC_PRIVATE = 0x4000 | 0x40000
PR_SET_PDEATHSIG = 1
GETATTR, STATFS, INIT = 3, 17, 26  # opcodes of linux/fuse.h
ENOSYS = 38
_QUESTION = struct.Struct("=IIQQIIII")  # fuse_in_header
_ANSWER = struct.Struct("=IiQ")  # fuse_out_header
_FOLDER = 0o40755

# What the filesystem says of itself: fuse_kstatfs, blocks of 4096 bytes.
BLOCKS, FREE, AVAILABLE, FILES, FILES_FREE = 1000, 400, 300, 50, 20

ANSWERS = {
    # fuse_init_out: protocol 7.31
    INIT: struct.pack("=4I2H2I2HI28x", 7, 31, 0, 0, 12, 9, 1 << 16, 1, 32, 0, 0),
    # fuse_attr_out: a folder, never to be cached
    GETATTR: struct.pack("=16x6Q10I", 1, 0, 0, 0, 0, 0, 0, 0, 0, _FOLDER, 2, 0, 0, 0, 4096, 0),
    STATFS: struct.pack("=5Q3I28x", BLOCKS, FREE, AVAILABLE, FILES, FILES_FREE, 4096, 255, 4096),
}

_libc = ctypes.CDLL(None, use_errno=True)


def told_by(code: str, folder: Path) -> Any:
    """What a process prints that runs ``code``, and mounts this at ``folder`` for itself alone."""
    if not Path(DEVICE).exists() or os.geteuid() != 0:
        pytest.skip("NO FUSE, OR NOT ROOT: a hung filesystem cannot be made, it is not tested")
    return child.told("-c", code, str(folder), env={**os.environ, "PYTHONPATH": str(ROOT)})


def own_namespace() -> None:
    """From here on this process alone sees what it mounts; call it before any thread starts."""
    _check(_libc.unshare(CLONE_NEWNS))
    _check(_libc.mount(b"none", b"/", None, MS_REC_PRIVATE, None))


class Mount:
    """A filesystem at ``point`` that answers until ``die`` and again after ``revive``."""

    def __init__(self, point: str) -> None:
        device = os.open(DEVICE, os.O_RDWR)
        options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other"
        _check(_libc.mount(b"nas:/export", point.encode(), b"fuse.nas", 0, options.encode()))
        self._server = os.fork()
        if self._server == 0:
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            _serve(device)
        os.close(device)
        os.statvfs(point)  # it serves, so it will also go when we go

    def die(self) -> None:
        """Answer nothing any more."""
        os.kill(self._server, signal.SIGSTOP)

    def revive(self) -> None:
        """Answer all that was asked meanwhile, and go on."""
        os.kill(self._server, signal.SIGCONT)


def _serve(device: int) -> None:
    while True:
        question = os.read(device, 1 << 17)
        _, opcode, unique, *_ = _QUESTION.unpack_from(question)
        body = ANSWERS.get(opcode, b"")
        error = 0 if body else -ENOSYS
        os.write(device, _ANSWER.pack(_ANSWER.size + len(body), error, unique) + body)


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
