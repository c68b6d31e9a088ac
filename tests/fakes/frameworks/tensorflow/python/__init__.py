"""As in TensorFlow."""
