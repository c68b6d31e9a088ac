"""The records that every floor and every face shares, and the pure rules over them.

Rule: frozen, keyword-only records; no I/O, no clock, no framework. Units stand in the names:
integers are bytes unless the name says otherwise, ratios are 0..1, times are UTC with a zone.
Unknown is ``None`` (a field) or ``Unavailable`` (a whole reading); never 0.
"""
