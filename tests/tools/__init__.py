"""The tools that come with the house, on databases of their own."""
