"""What a data loader takes: its workers, what each prefetches, and the bytes of one batch.

Rule: nothing of torch is imported; a loader is told by its attributes. One sample is fetched from
its dataset, as the loader itself would; nothing else of it is touched.
"""

import re
from collections.abc import Mapping
from typing import Any

from kfnb_ext import errors
from kfnb_ext.commands.talk import Usage

SIZES = {"": 1, "B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_WORDS = re.compile(r"(\d+)x(\d+)x(\d+(?:\.\d+)?) ?([KMG]?)i?B?", re.IGNORECASE)
PREFETCH = 2  # torch's own, where it says None


def read(word: str, variables: Mapping[str, Any]) -> tuple[int, int, int]:
    """Workers, prefetch and bytes of a batch. Raises: Usage, KfnbError."""
    said = _WORDS.fullmatch(word)
    if said:
        size = float(said[3]) * SIZES[said[4].upper()]
        return int(said[1]), int(said[2]), int(size)
    if word not in variables:
        raise Usage(
            f"There is no variable {word[:80]!r} here, and it is not WORKERSxPREFETCHxBATCH.",
            "In a notebook name the variable that holds the loader; else give 4x2x32MiB.",
        )
    loader = variables[word]
    workers = getattr(loader, "num_workers", None)
    if not isinstance(workers, int):
        raise Usage(f"{word} is no data loader: it has no num_workers.", "Name a DataLoader.")
    prefetch = getattr(loader, "prefetch_factor", None) or PREFETCH
    return workers, int(prefetch), _batch(word, loader)


def _batch(word: str, loader: Any) -> int:
    try:
        sample = _sample(loader.dataset)
        many = getattr(loader, "batch_size", None) or _of_sampler(loader)
        collate = getattr(loader, "collate_fn", None)
        one = size(collate([sample]) if collate and many else sample)
    except Exception as error:  # whatever a person's dataset raises
        raise errors.KfnbError(
            f"A sample of {word}.dataset could not be had: {type(error).__name__}: {error}",
            "Give the figures instead: --need 4x2x32MiB (workers x prefetch x one batch).",
        ) from error
    return one * (many or 1)


def _sample(dataset: Any) -> Any:
    return dataset[0] if hasattr(dataset, "__getitem__") else next(iter(dataset))


def _of_sampler(loader: Any) -> int:
    return int(getattr(getattr(loader, "batch_sampler", None), "batch_size", None) or 0)


def size(value: Any) -> int:
    """Bytes of tensors and arrays within; what is none of them passes through a pipe instead."""
    if isinstance(value, Mapping):
        return sum(size(one) for one in value.values())
    if isinstance(value, (list, tuple)):
        return sum(size(one) for one in value)
    found = getattr(value, "nbytes", None)
    if isinstance(found, int):
        return found
    if hasattr(value, "element_size") and hasattr(value, "nelement"):
        return int(value.element_size() * value.nelement())
    return 0
