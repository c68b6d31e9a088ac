"""A look into a volume that may not answer: a dead network mount holds up whoever touches it.

Rule: each look has its time, and one that hangs costs one thread once: until it comes back, further
looks into that volume are given up at once.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LOOK = 5.0  # seconds for a question that a volume answers from its memory
_hung: dict[str, threading.Thread] = {}


def within(seconds: float, mount: str, work: Callable[[], T], late: T) -> T:
    """What ``work`` gives; ``late`` where the volume does not answer in time.

    Raises: what ``work`` raises.
    """
    before = _hung.get(mount)
    if before and before.is_alive():
        return late
    given, failed = list[T](), list[BaseException]()

    def run() -> None:
        try:
            given.append(work())
        except BaseException as error:  # it is raised where it was asked for
            failed.append(error)

    thread = threading.Thread(target=run, name=f"kfnb-volume-{mount}", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        _hung[mount] = thread
        return late
    if failed:
        raise failed[0]
    return given[0]
