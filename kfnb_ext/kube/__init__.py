"""The cluster as a notebook's pod sees it.

Rule: nothing here is imported at the start of a server, and nothing runs on an event loop.
"""
