"""The package as a whole: what must be the same in two places."""

import importlib.metadata
import json
from pathlib import Path

import kfnb_ext

ROOT = Path(__file__).parent.parent


def test_the_version_is_the_same_in_python_and_in_the_front_end():
    front_end = json.loads((ROOT / "package.json").read_text())["version"]

    assert kfnb_ext.__version__ == front_end
    assert importlib.metadata.version("kfnb-ext") == front_end
