"""One answer that is not a success, taken apart.

Rule: a body is read whatever its content type: 429 and 504 come as plain text, a 504 with JSON
inside.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from kfnb_ext.kube.client.address import Address

LONGEST = 400  # characters of the server's own words; a 422 may carry a whole object
NOTHING = "Nothing was changed."


class Answered:
    """One answer that is not a success, taken apart."""

    def __init__(
        self, method: str, address: Address, status: int, headers: Mapping[str, str], body: bytes
    ) -> None:
        self.method = method
        self.address = address
        self.status = status
        self.retry_after = _seconds(headers.get("Retry-After"))
        text = body.decode(errors="replace").strip()
        self.object = _status_object(text)
        self.reason = str(self.object.get("reason") or "")
        self.message = shorten(str(self.object.get("message") or text))

    def why(self) -> str:
        """The server's own reason, without the object it repeats."""
        return re.split(r"is (?:forbidden|invalid): ", self.message, maxsplit=1)[-1].rstrip(".")

    def causes(self) -> set[str]:
        """The machine-readable causes, where the server gave some."""
        causes = (self.object.get("details") or {}).get("causes") or []
        return {str(cause.get("reason")) for cause in causes}


def shorten(text: str) -> str:
    """The server's own words, cut to what a person reads."""
    return text if len(text) <= LONGEST else text[:LONGEST] + " …"


def _status_object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _seconds(value: str | None) -> float | None:
    # The API server sends whole seconds, never a date.
    return float(value) if value and value.strip().isdecimal() else None
