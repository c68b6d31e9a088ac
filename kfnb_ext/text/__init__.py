"""Records as text for people: what the shell command and the magics print.

Rule: pure functions of a record and the time. Unknown is said with its reason, never as 0; text
that came from a file name or from another person is shown by ``units.plain`` alone.
"""
