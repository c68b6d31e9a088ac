"""Notices on Jupyter's own event bus: a change of state, in words, never figures.

Rule: the schema is registered at the first notice and not at start, since that costs time.
"""

from typing import Any, Literal

NOTICE = "https://notebooks.kfnb.dev/events/notice/v1"

SCHEMA = {
    "$id": NOTICE,
    "version": "1",
    "title": "A change of state that a person should hear of",
    "personal-data": True,
    "type": "object",
    "properties": {
        "level": {"enum": ["info", "success", "warning", "error"]},
        "title": {"type": "string"},
        "message": {"type": "string"},
        "hint": {"type": "string"},
        "operation": {"type": ["string", "null"]},
        "offer": {"enum": ["keep_awake", None]},  # a button
    },
    "required": ["level", "title", "message", "hint", "operation"],
}


class Notices:
    """Tells browsers. To be called on the event loop."""

    def __init__(self, event_logger: Any) -> None:
        self._events = event_logger

    def tell(
        self,
        level: Literal["info", "success", "warning", "error"],
        title: str,
        message: str,
        hint: str = "",
        operation: str | None = None,
        *,
        offer: Literal["keep_awake"] | None = None,
    ) -> None:
        """Tell all browsers that are open."""
        if NOTICE not in self._events.schemas:
            self._events.register_event_schema(SCHEMA)
        data = {"level": level, "title": title, "message": message, "hint": hint}
        self._events.emit(schema_id=NOTICE, data={**data, "operation": operation, "offer": offer})
