"""As in JAX."""
