"""The phone in a browser, as far as the server has it; its page is tried in a browser, in tests/browser."""
