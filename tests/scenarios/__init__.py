"""Whole calls: a server in its own process, real sound over real sockets."""
