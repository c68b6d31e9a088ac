"""Runs the shell command as a person or a script would."""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec

KFNB = [sys.executable, "-m", "kfnb_ext"]
# Makes the terminal at its stdin its own, so that Ctrl-C on it is a signal; then the command.
OWN_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


def call(*command: str, **settings: object) -> subprocess.CompletedProcess[str]:
    """Run any command without a terminal; no traceback is ever shown."""
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    done = subprocess.run(command, text=True, check=False, **{**streams, **settings})
    assert "Traceback" not in done.stderr
    return done


def kfnb(*words: str, status: int = 0, **settings: object) -> subprocess.CompletedProcess[str]:
    """Run the command and check its exit status."""
    done = call(*KFNB, *words, **settings)
    assert done.returncode == status, (words, done.stdout, done.stderr)
    return done


def record(kind: type, *words: str, status: int = 0, **settings: object) -> object:
    """What ``--json`` prints, held to the record that the routes serve."""
    said = kfnb(*words, "--json", status=status, **settings).stdout
    return msgspec.json.decode(said, type=kind)


def fill(workspace: Path) -> None:
    """So many small files that a snapshot of them takes a second on any disk, and little room."""
    for folder in range(40):
        top = workspace / f"many{folder}"
        top.mkdir()
        for number in range(1000):
            (top / str(number)).write_bytes(b"x" * 1000)


def on_a_terminal(
    words: tuple[str, ...], keys: bytes, wait_for: bytes, late: float = 0
) -> tuple[int, bytes]:
    """Run it on a terminal of its own, press keys when the text has come, and read to the end.

    ``late``: for so many seconds after them the command itself gets no time, but its children do.
    """
    terminal, inside = pty.openpty()
    streams = {"stdin": inside, "stdout": inside, "stderr": inside}
    process = subprocess.Popen(
        [sys.executable, "-c", OWN_TERMINAL, *KFNB, *words], start_new_session=True, **streams
    )
    os.close(inside)
    said, pressed = b"", False
    while piece := read(terminal):
        said += piece
        if wait_for in said and not pressed:
            pressed = True
            if late:
                process.send_signal(signal.SIGSTOP)
            os.write(terminal, keys)
            if late:
                time.sleep(late)
                process.send_signal(signal.SIGCONT)
    os.close(terminal)
    return process.wait(60), said


def read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other end is closed
        return b""
