"""The tests, in the order of app/."""
