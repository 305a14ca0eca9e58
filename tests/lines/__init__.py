"""The versions of the lines."""
