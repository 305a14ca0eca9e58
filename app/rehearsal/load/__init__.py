"""Many calls at once, without accounts: what one costs, and how many one core carries."""
