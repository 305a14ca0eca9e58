"""What the records mean: the figures of a call and of many, each defined once, and a call's story in plain words."""
