"""The store: what stays of a call, in files and in a database."""
