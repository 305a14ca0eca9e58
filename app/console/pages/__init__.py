"""The pages of the console, a file each part: a list ``pages`` and the handlers in it."""
