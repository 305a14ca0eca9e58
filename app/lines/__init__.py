"""The versions of the lines: what callers get now, and how that is changed."""
