"""Events for other systems: what happened to calls, signed, to whoever is to be told."""
