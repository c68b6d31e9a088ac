"""What an extension adds to the start of `jupyter server`: CPU and memory, before the first look.

    python benchmarks/server_start.py [--quick]

Each round starts the bare server, ours and jupyter-resource-usage's, each with that one extension,
and compares within the round. Bytecode is there, as after `pip install`.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks import harness

OURS, PEER, BARE = "kfnb_ext", "jupyter_resource_usage", "bare"
HEAVY = ("pynvml", "kubernetes", "psutil", "msgspec")  # the last: cheap, but not needed either


class Start:
    """Starts servers in a folder of their own."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.modules: dict[str, list[str]] = {}
        self.all: dict[str, list[str]] = {}
        outside = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "KFNB"))}
        outside.pop("PYTHONDONTWRITEBYTECODE", None)
        self._env = {
            **outside,
            "PYTHONPATH": str(Path(__file__).parent.parent),
            "PYTHONPYCACHEPREFIX": str(home / "bytecode"),
            "PYTHONWARNINGS": "ignore",
            "JUPYTER_NO_CONFIG": "1",
            "JUPYTER_DATA_DIR": str(home / "data"),
            "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        }

    def once(self, extension: str) -> harness.Measures:
        """Start one server. Raises: CalledProcessError."""
        script = Path(__file__).parent / "starting.py"
        done = subprocess.run(
            [sys.executable, str(script), extension],
            cwd=self._home, env=self._env, check=True, capture_output=True, text=True,
        )  # fmt: skip
        told = json.loads(done.stdout.splitlines()[-1])
        self.modules[extension], self.all[extension] = told["modules"], told["all"]
        found: harness.Measures = told["found"]
        return found


def main() -> int:
    """Measure, print, and say whether the aims hold."""
    parser = harness.arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        start = Start(Path(folder))
        cases = {name: lambda name=name: start.once(name) for name in (BARE, OURS, PEER)}
        for case in cases.values():
            case()  # writes the bytecode
        found = harness.in_turn(cases, 3 if chosen.quick else chosen.rounds)
    for measure, unit in (("cpu", "ms"), ("rss", "MiB"), ("pss", "MiB")):
        print(f"\n{measure} of the start")
        for name in cases:
            more = harness.added(found, name, BARE, measure)
            values = harness.spread(found[name][measure], unit)
            print(f"  {name:24} {values}   adds {more:+.2f} {unit}")
    print(f"\nimported with us: {', '.join(set(start.modules[OURS]) - set(start.modules[BARE]))}")
    print("\naims")
    aims = harness.Aims()
    aims.at_most("CPU added by us", harness.added(found, OURS, BARE, "cpu"), 15, "ms")
    aims.at_most("RSS added by us", harness.added(found, OURS, BARE, "rss"), 4, "MiB")
    aims.at_most("PSS added by us", harness.added(found, OURS, BARE, "pss"), 4, "MiB")
    early = [m for m in HEAVY if m in start.all[OURS] and m not in start.all[BARE]]
    aims.none_of("imported before the first look", early)
    return aims.status()


if __name__ == "__main__":
    sys.exit(main())
