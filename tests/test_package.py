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


def test_the_front_end_says_that_it_works_from_jupyterlab_4_2_on():
    # `jupyter labextension list` compares these ranges with what the server's JupyterLab has.
    package = json.loads((ROOT / "package.json").read_text())
    oldest = {
        name: range_
        for name, range_ in package["dependencies"].items()
        if name.startswith("@jupyterlab/")
    }
    assert oldest.pop("@jupyterlab/apputils") == "^4.3.0"
    assert oldest.pop("@jupyterlab/coreutils") == "^6.2.0"
    assert oldest.pop("@jupyterlab/services") == "^7.2.0"
    assert set(oldest.values()) == {"^4.2.0"}
