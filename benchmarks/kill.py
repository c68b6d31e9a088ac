"""200 kills (-9) at random moments of create, restore, undo and delete.

Rule: after each the next start must find the old state or the new one; it stops at the first loss.

    python benchmarks/kill.py [KILLS]
"""

import collections
import random
import re
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.engines import kills, trees

STATES = 3


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    said: collections.Counter[str] = collections.Counter()
    start = time.time()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        workspace = Path(folder) / "workspace"
        workspace.mkdir()
        kills.prepare(workspace, STATES)
        for n in range(count):
            for sentence in kills.kill_once(workspace, random.Random(n)) or ("nothing to do",):
                said[re.sub(r"\S*\d\S*", "X", sentence)] += 1
            if n % 20 == 19:
                kills.check_snapshots(workspace, STATES)
        listed = kills.check_snapshots(workspace, STATES)
        trees.erase(workspace)
    print(f"{count} kills in {time.time() - start:.0f} s: 0 lost files, 0 mixtures, 0 broken")
    print(f"{listed} snapshots at the end, all verified")
    for sentence, times in said.most_common():
        print(f"{times:5} x {sentence}")


if __name__ == "__main__":
    main()
