"""Reads ``prompts/``: the lines, what the assistant is told on them, and the sentences the app says itself."""
