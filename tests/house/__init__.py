"""Tests of the house itself: what its files promise each other."""
