"""The web console: pages for managers and ops, rendered here, with small scripts where something must be live."""
