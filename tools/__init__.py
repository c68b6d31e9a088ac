"""What ``dev.py`` is made of: standard library only, never in the package."""
