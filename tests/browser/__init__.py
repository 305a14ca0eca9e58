"""The console in a real browser, on the real app, with rehearsed calls."""
