"""Runs in the interpreter that is looked at: prints what is installed in it, as JSON.

Rule: the standard library alone, of any Python 3; nothing of kfnb-ext is imported. It is run with
``-I``, so that no variable and no file of the current folder can change what it does.
"""

from __future__ import annotations

import contextlib
import json
import os
import site
import sys
from typing import Any


def folders() -> list[str]:
    """Where packages lie: the import path, and the user's own, which ``-I`` leaves out."""
    found = list(sys.path)
    with contextlib.suppress(AttributeError, TypeError):  # some builds have none
        found.append(site.getusersitepackages())
    return [one for one in dict.fromkeys(found) if os.path.isdir(one)]


def packages(paths: list[str]) -> list[list[str]]:
    """Name, version, origin of each distribution; the first on the path counts."""
    try:
        from importlib import metadata
    except ImportError:
        return []
    found = {}
    for one in metadata.distributions(path=paths):
        name = one.metadata["Name"]
        if name and name.lower() not in found:
            found[name.lower()] = [name, one.version or "", origin(one)]
    return list(found.values())


def origin(distribution: Any) -> str:
    """The URL it was installed from, when not from an index, with its commit."""
    try:
        told = json.loads(distribution.read_text("direct_url.json") or "{}")
    except (OSError, ValueError):
        return ""
    url, source = str(told.get("url", "")), told.get("vcs_info") or {}
    if not source:
        return url
    return f"{source.get('vcs', '')}+{url}@@{source.get('commit_id', '')}"


def conda() -> list[list[str]]:
    """Name and version of each package of conda, by the names of its records."""
    try:
        names = os.listdir(os.path.join(sys.prefix, "conda-meta"))
    except OSError:
        return []
    parts = [name[:-5].rsplit("-", 2) for name in names if name.endswith(".json")]
    return [part[:2] for part in parts if len(part) == 3]


def stamps(paths: list[str]) -> list[list[Any]]:
    """Each folder with the time at which something came into it or went."""
    return [[path, os.stat(path).st_mtime_ns] for path in paths]


if __name__ == "__main__":
    paths = folders()
    records = os.path.join(sys.prefix, "conda-meta")
    watched = paths + ([records] if os.path.isdir(records) else [])
    said = {
        "version": ".".join(map(str, sys.version_info[:3])),
        "stamps": stamps(watched),
        "packages": packages(paths),
        "conda": conda(),
    }
    sys.stdout.write(json.dumps(said))
