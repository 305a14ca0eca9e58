"""Lines, phrases and prompts, as managers write them."""
