"""The cluster around this notebook: where it lives, what it may, and what can be changed there.

Rule: nothing is asked while nobody looks and nothing runs.
"""
