"""Runs the command of a Job's pod as a process of this machine, against the fake.

Rule: the interpreter is ours, since no image is here; all else is what the pod says.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.fakes.kubernetes.store import Object


class Programs:
    """A starter for ``Node.start``; ``outputs`` hold what each one said."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = dict(environment)
        self.started: list[subprocess.Popen[bytes]] = []
        self.outputs: list[Path] = []

    def __call__(self, pod: Object) -> subprocess.Popen[bytes]:
        """Start the first container of a pod."""
        container = pod["spec"]["containers"][0]
        command = [*(container.get("command") or ()), *(container.get("args") or ())]
        given = {one["name"]: one["value"] for one in container.get("env") or () if "value" in one}
        output = self._folder / f"program-{len(self.started)}"
        self.outputs.append(output)
        with output.open("wb") as said:
            program = subprocess.Popen(
                [sys.executable, *command[1:]],
                env={"PATH": os.environ["PATH"], **self._environment, **given},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
            )
        self.started.append(program)
        return program

    def stop(self) -> None:
        """End what still runs."""
        for program in self.started:
            if program.poll() is None:
                program.kill()
            program.wait()
