"""The face towards Jupyter Server: the only code that knows Tornado."""
