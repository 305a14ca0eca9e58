"""Attacks on whole calls, led by a model that obeys every instruction it finds."""
