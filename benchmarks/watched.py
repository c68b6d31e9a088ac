"""A Jupyter Server whose event loop is watched: it tells each callback that took long.

    python benchmarks/watched.py FILE [OPTIONS OF JUPYTER SERVER ...]

At the end (SIGTERM) FILE holds what took longer than TOLD, as JSON: when, wall and CPU ms,
and where it was, innermost first. Wall time holds what other threads and programs took; CPU time
does not. A callback is ours when a line of ours is on its stack as it becomes long.
"""

import asyncio
import json
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from jupyter_server.serverapp import ServerApp

TOLD = 5.0  # milliseconds
LOOKS = 0.002  # seconds between two looks at the loop


class Watch:
    """Times callbacks, and looks from another thread at what a long one does."""

    def __init__(self) -> None:
        self.found: list[tuple[float, float, float, str]] = []
        self._begun = 0.0
        self._where = ""
        self._loop = threading.get_ident()
        self._run: Any = asyncio.events.Handle._run
        asyncio.events.Handle._run = self.run  # type: ignore[method-assign,assignment]
        threading.Thread(target=self._look, daemon=True).start()

    @property
    def run(self) -> Any:
        """In place of a handle's own."""

        def run(handle: asyncio.Handle) -> None:
            self._where, cpu = "", time.thread_time()
            self._begun = time.perf_counter()
            self._run(handle)
            wall, self._begun = time.perf_counter() - self._begun, 0.0
            if wall * 1e3 > TOLD:
                cpu = time.thread_time() - cpu
                self.found.append((time.time(), wall * 1e3, cpu * 1e3, self._where))

        return run

    def _look(self) -> None:
        while True:
            time.sleep(LOOKS)
            begun = self._begun
            if begun and not self._where and time.perf_counter() - begun > TOLD / 1e3:
                frame = sys._current_frames().get(self._loop)
                if frame and begun == self._begun:
                    self._where = where(frame)


def where(frame: Any) -> str:
    """The stack of a callback, innermost first, in few words."""
    stack = reversed(traceback.extract_stack(frame))
    inner = [one for one in stack if "asyncio" not in one.filename]
    return " < ".join(
        f"{'/'.join(Path(one.filename).parts[-3:])}:{one.lineno} {one.name}" for one in inner[:12]
    )


def main(file: str, options: list[str]) -> None:
    """Run the server until it is told to end."""
    app = ServerApp()
    app.initialize(options)
    watch = Watch()
    try:
        app.start()
    finally:
        Path(file).write_text(json.dumps(watch.found))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
