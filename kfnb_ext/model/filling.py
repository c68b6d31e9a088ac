"""What fills a volume: folders and files by what they take, and what removing them costs.

Rule: pure. What deletion costs a person is said for known caches only; of the rest nobody but the
person knows.
"""

import re
from datetime import datetime
from typing import Literal

from kfnb_ext.model.reading import Record, Request

Way = Literal["trash", "delete"]
ItemKind = Literal["directory", "file", "rest"]


class Cache(Record, frozen=True, kw_only=True):
    """A kind of folder that tools make, and what deleting it costs."""

    name: str
    cost: str
    safe: bool  # all of it comes back by itself when it is needed


class Item(Record, frozen=True, kw_only=True):
    """A folder or file, or the rest of a folder that is not named."""

    name: str
    path: str  # from the top of the scan
    kind: ItemKind
    bytes: int  # what it takes on the disk, with all below it
    files: int
    cache: Cache | None = None


class Filling(Record, frozen=True, kw_only=True):
    """One folder of the last scan. Files of several names count once, where they are met first."""

    top: str  # the folder that was scanned
    path: str  # the folder shown, from the top; "" is the top
    bytes: int
    files: int
    items: tuple[Item, ...]  # the largest first
    caches: tuple[Item, ...] = ()  # of the whole scan; only with the top
    largest: tuple[Item, ...] = ()  # the largest files of the whole scan; only with the top
    taken: datetime | None = None  # None: not scanned yet
    seconds: float = 0.0  # how long the scan took
    reused: int = 0  # folders taken from the scan before, since they were unchanged
    folders: int = 0
    unreadable: int = 0  # folders that may not be read: what is in them is not counted
    other_filesystems: int = 0  # folders where another filesystem begins, which is not counted
    trash: int | None = None  # bytes in the trash; None: it was not in the scan


class ScanRequest(Request, frozen=True, kw_only=True):
    """Scan the workspace. ``full``: list every folder again, also those that seem unchanged."""

    full: bool = False


class RemoveRequest(Request, frozen=True, kw_only=True):
    """Remove a file or folder of the workspace: into the trash, or for good."""

    path: str  # from the top of the workspace
    how: Way = "trash"


class EmptyRequest(Request, frozen=True, kw_only=True):
    """Delete for good what lies in the trash."""


def _cache(pattern: str, name: str, cost: str, safe: bool = True) -> tuple[re.Pattern[str], Cache]:
    return re.compile(f"(?:^|/){pattern}$"), Cache(name=name, cost=cost, safe=safe)


_AGAIN = "Nothing is lost: {} downloads again what it needs."

# By the end of the path; the first that fits.
CACHES = (
    _cache(r"\.local/share/Trash|(?:^|/)\.Trash-\d+", "trash",
           "What was moved there is gone for good.", False),
    _cache(r"\.kfnb", "snapshots", "They are deleted one by one, under Snapshots.", False),
    _cache(r"\.cache/pip", "pip", _AGAIN.format("pip")),
    _cache(r"\.cache/uv", "uv", _AGAIN.format("uv")),
    _cache(r"\.cache/conda|(?:^|/)(?:\.conda|[^/]*conda[^/]*|mamba[^/]*)/pkgs", "conda",
           "Environments stay as they are; new ones download their packages again."),
    _cache(r"\.cache/huggingface|(?:^|/)\.huggingface", "Hugging Face",
           "Models and datasets are downloaded again, which may take long. Gated ones need your "
           "token again."),
    _cache(r"\.cache/torch", "torch", _AGAIN.format("PyTorch")),
    _cache(r"\.cache/(?:yarn|npm)|(?:^|/)\.npm/_cacache", "npm", _AGAIN.format("npm")),
    _cache(r"\.cache", "caches", "Programs fill it again with what they need."),
    _cache(r"wandb", "Weights & Biases",
           "Runs that were not synchronised are lost; the others are on the server.", False),
    _cache(r"mlruns", "MLflow", "The records and models of these experiments are lost.", False),
    _cache(r"(?:lightning_logs|checkpoints?|checkpoint-\d+)", "checkpoints",
           "A training cannot be resumed from them any more.", False),
    _cache(r"\.ipynb_checkpoints", "notebook checkpoints",
           "Notebooks stay; the last manual save of each can no longer be gone back to."),
    _cache(r"__pycache__", "Python bytecode", "Python writes it again."),
    _cache(r"node_modules", "Node packages", "`npm install` brings it again."),
)  # fmt: skip


def cache(path: str) -> Cache | None:
    """What kind of known folder this path is; None: none that is known."""
    return next((known for pattern, known in CACHES if pattern.search(path)), None)
