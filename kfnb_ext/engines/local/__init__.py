"""The embedded engine: snapshots as plain folders of hard links, in ``.kfnb`` of the workspace.

Rule: no format to trust. A snapshot is a folder that any tool can read, beside a manifest with
what a folder cannot hold (true modes, times, owners, sums).
"""

from kfnb_ext.engines.local.engine import LocalEngine
from kfnb_ext.engines.local.exclude import DEFAULT_EXCLUDE

__all__ = ["DEFAULT_EXCLUDE", "LocalEngine"]
