"""What Jupyter's configuration files say of us.

Rule: a file that does not name us is not run: it may do anything.
"""

from pathlib import Path
from typing import Any

from kfnb_ext import errors


def section(folders: list[str]) -> dict[str, Any]:
    """The KfnbExt section of the files in these folders, later ones over earlier ones."""
    from traitlets.config.loader import Config, JSONFileConfigLoader, PyFileConfigLoader

    merged: Config = Config()
    for folder in folders:
        for name in ("jupyter_config", "jupyter_server_config", "jupyter_kfnb_ext_config"):
            for suffix, loader in ((".json", JSONFileConfigLoader), (".py", PyFileConfigLoader)):
                file = Path(folder) / (name + suffix)
                # A file that does not name us is not run: it may do anything.
                if _names_us(file):
                    merged.merge(_load(loader(file.name, path=folder), file))
    return dict(merged.get("KfnbExt", {}))


def _load(loader: Any, file: Path) -> Any:
    try:
        return loader.load_config()
    except Exception as error:  # Python files hold whatever a person wrote
        raise errors.BadRequest(
            f"The configuration file {file} cannot be read: {type(error).__name__}: {error}",
            "Correct it and start again.",
        ) from error


def _names_us(file: Path) -> bool:
    try:
        return b"KfnbExt" in file.read_bytes()
    except OSError:
        return False
