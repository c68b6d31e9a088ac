"""As in TensorFlow: the one context, made by the first operation."""

_context = None


class Context:
    """Counts as started from the first operation on."""

    def __init__(self):
        self._initialized = False
