"""What is paid for what, from which day on: the shipped table, and the house's own file before it."""

from app.prices.table import Price, Prices, own_prices, shipped

__all__ = ["Price", "Prices", "own_prices", "shipped"]
