"""As in JAX: the backends that are started."""

_backends = {}


def backends_are_initialized():
    """Returns whether any is."""
    return len(_backends) != 0
