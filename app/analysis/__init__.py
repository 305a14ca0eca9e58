"""The analysis of a call after its end: asked of a text model, checked, kept."""
