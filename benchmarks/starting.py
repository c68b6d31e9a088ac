"""A Jupyter Server that starts, tells what that took, and ends. The child of `server_start.py`.

    python benchmarks/starting.py EXTENSION     ("bare": none)

Its start is measured from inside: of the 1.3 s that a process takes, the imports of Jupyter itself
are by far the most, and their noise is larger than all that an extension adds.
"""

import asyncio
import json
import os
import sys
import time
from pathlib import Path

from jupyter_server.serverapp import ServerApp
from tornado.ioloop import IOLoop

SETTLES = 0.5  # seconds after the loop runs: tasks that an extension starts then are counted too


def main(extension: str) -> None:
    """Start with one extension, or with none."""
    options = ["--allow-root", "--no-browser", "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0"]
    options.append(f"--ServerApp.root_dir={Path.cwd()}")
    if extension != "bare":
        options.append(f"--ServerApp.jpserver_extensions={extension}=True")
    app = ServerApp()
    known = set(sys.modules)
    begun = time.process_time()
    app.initialize(options)
    IOLoop.current().add_callback(tell, begun, known)
    app.start()


async def tell(begun: float, known: set[str]) -> None:
    """Print what it took, as JSON, and end."""
    await asyncio.sleep(SETTLES)
    taken = (time.process_time() - begun) * 1e3
    modules = sorted({name.partition(".")[0] for name in set(sys.modules) - known})
    told = {"found": {"cpu": taken, **memory()}, "modules": modules, "all": sorted(sys.modules)}
    print(json.dumps(told), flush=True)
    os._exit(0)


def memory() -> dict[str, float]:
    """What this process holds, in MiB: resident, and its share of what it shares."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()[1:]
    rollup = dict(line.split()[:2] for line in lines)
    return {name: int(rollup[f"{name.title()}:"]) / 1024 for name in ("rss", "pss")}


if __name__ == "__main__":
    main(sys.argv[1])
