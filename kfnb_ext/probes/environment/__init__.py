"""What the workspace's files run in: interpreters with their packages, kernels, Git heads.

Rule: reads and asks interpreters, each under a deadline; what could not be had is a sentence.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from kfnb_ext.model.environment import Interpreter, Kernel, Repository
from kfnb_ext.probes.environment import interpreters, kernels, repositories
from kfnb_ext.probes.environment.interpreters import Seen

AT_MOST = 8  # interpreters


class Software(msgspec.Struct, frozen=True, kw_only=True):
    """What was found; ``known`` is to be given back at the next look."""

    interpreters: tuple[Interpreter, ...]
    kernels: tuple[Kernel, ...]
    repositories: tuple[Repository, ...]
    notes: tuple[str, ...]
    known: dict[str, Seen]


def look(workspace: Path, known: dict[str, Seen]) -> Software:
    """Look. Takes some milliseconds where nothing was installed since ``known``."""
    found = kernels.found()
    runs: dict[str, list[str]] = {sys.executable: [""]}
    for kernel in found:
        if kernel.language == "python":
            runs.setdefault(kernel.program, []).append(kernel.name)
    programs = list(runs)[:AT_MOST]
    with ThreadPoolExecutor(4, thread_name_prefix="kfnb-environment") as pool:
        heads = pool.submit(repositories.found, workspace)
        answers = list(pool.map(lambda one: interpreters.look(one, known), programs))
        repositories_, cut = heads.result()
    seen = {p: a for p, a in zip(programs, answers, strict=True) if not isinstance(a, str)}
    notes = [a for a in answers if isinstance(a, str)]
    if len(runs) > AT_MOST:
        notes.append(f"Only {AT_MOST} of {len(runs)} interpreters were looked at.")
    return Software(
        interpreters=tuple(interpreters.of(p, s, tuple(runs[p])) for p, s in seen.items()),
        kernels=found,
        repositories=repositories_,
        notes=tuple(filter(None, [*notes, cut])),
        known=seen,
    )
