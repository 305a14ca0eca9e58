"""Walks over every route of the console, whatever parts there are: who is answered what, and what is in it."""
