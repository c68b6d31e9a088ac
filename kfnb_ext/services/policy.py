"""What the site allows to be done with snapshots.

Rule: whatever changes something asks here first; what only reads does not.
"""

import msgspec

from kfnb_ext import errors
from kfnb_ext.model.retention import Retention


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What the site allows."""

    read_only: bool
    snapshots_enabled: bool
    retention: Retention

    def allow(self, what: str) -> None:
        """Let ``what`` ("Taking a snapshot") be done. Raises: Forbidden."""
        if self.read_only:
            raise errors.Forbidden(
                f"{what} is switched off: this server is in read-only mode. Nothing was changed.",
                "Ask the administrator (KFNB_READ_ONLY).",
            )
        if not self.snapshots_enabled:
            raise errors.Forbidden(
                f"{what} is switched off by the administrator. Nothing was changed.",
                "Ask the administrator (KFNB_SNAPSHOTS_ENABLED).",
            )
