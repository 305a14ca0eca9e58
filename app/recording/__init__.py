"""Recordings: both sides of a call as they were heard, sealed while they are written, kept as objects."""
