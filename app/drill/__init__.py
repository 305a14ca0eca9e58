"""Drills: what the house promises, measured with rehearsed callers."""
