"""Logs and metrics: what ops see of the house."""
