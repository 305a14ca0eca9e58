"""Alerts without Prometheus: rules on many calls, told when one is broken and when it is well again."""
