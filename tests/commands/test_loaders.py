"""What a data loader is said to need, from objects with a loader's attributes."""

from dataclasses import dataclass
from typing import Any

import pytest

from kfnb_ext import errors
from kfnb_ext.commands import loaders
from kfnb_ext.commands.talk import Usage

MIB = 1 << 20


class Tensor:
    """As old versions of torch have it: no ``nbytes``."""

    def __init__(self, count: int) -> None:
        self._count = count

    def element_size(self) -> int:
        return 4

    def nelement(self) -> int:
        return self._count


class Data:
    def __getitem__(self, index: int) -> Any:
        return {"image": Tensor(MIB // 4), "label": 7, "more": (memoryview(bytes(MIB)), "text")}


class Endless:
    def __iter__(self) -> Any:
        return iter([memoryview(bytes(MIB))])


class Broken:
    def __getitem__(self, index: int) -> Any:
        raise ValueError("no such file")


@dataclass
class Loader:
    dataset: Any
    num_workers: int = 4
    prefetch_factor: int | None = None
    batch_size: int | None = 16
    collate_fn: Any = None


def test_a_batch_is_the_tensors_of_a_sample_times_its_size():
    assert loaders.read("loader", {"loader": Loader(Data())}) == (4, 2, 32 * MIB)


def test_prefetch_and_workers_are_the_loaders_own_and_a_stream_has_samples_too():
    loader = Loader(Endless(), num_workers=3, prefetch_factor=5)
    assert loaders.read("x", {"x": loader}) == (3, 5, 16 * MIB)


def test_the_loaders_own_collation_is_asked():
    loader = Loader(Data(), collate_fn=lambda samples: [s["image"] for s in samples])
    assert loaders.read("x", {"x": loader}) == (4, 2, 16 * MIB)


@pytest.mark.parametrize(
    ("word", "batch"), [("4x2x32MiB", 32 * MIB), ("4x2x32M", 32 * MIB), ("4x2x1.5g", 1536 * MIB)]
)
def test_figures_do_as_well(word: str, batch: int):
    assert loaders.read(word, {}) == (4, 2, batch)


def test_what_is_no_loader_and_what_is_not_there_is_refused_in_words():
    with pytest.raises(Usage, match="no variable"):
        loaders.read("nothing", {})
    with pytest.raises(Usage, match="no data loader"):
        loaders.read("x", {"x": 5})
    with pytest.raises(errors.KfnbError, match="no such file"):
        loaders.read("x", {"x": Loader(Broken())})
