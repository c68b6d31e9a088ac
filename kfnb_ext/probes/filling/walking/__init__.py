"""The walk over a tree, as a program of the standard library alone that starts in milliseconds.

Rule: a few modules of the standard library, and each other by relative imports: the child that
runs them at low priority knows no site-packages and is not part of any other package.
"""
