"""Notices on Jupyter's own event bus: a change of state, in words, never figures.

Rule: the schemas are registered when the server starts (half a millisecond each): a page hears
only what was known when it opened its socket.
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

GLANCE = "https://notebooks.kfnb.dev/events/glance/v1"

# The two figures of the status bar; see glances.py.
GLANCES = {
    "$id": GLANCE,
    "version": "1",
    "title": "The pod at a glance: memory against its limit, and the fullest volume",
    "personal-data": False,
    "type": "object",
    "properties": {
        "memory": {"type": ["number", "null"]},
        "volume": {"type": ["number", "null"]},
        "mount": {"type": "string"},
        "level": {"enum": ["good", "warning", "alarm"]},
    },
    "required": ["memory", "volume", "mount", "level"],
}


class Notices:
    """Tells browsers. To be called on the event loop."""

    def __init__(self, event_logger: Any) -> None:
        self._events = event_logger
        for schema in (SCHEMA, GLANCES):
            if schema["$id"] not in event_logger.schemas:
                event_logger.register_event_schema(schema)

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
        data = {"level": level, "title": title, "message": message, "hint": hint}
        self._events.emit(schema_id=NOTICE, data={**data, "operation": operation, "offer": offer})
