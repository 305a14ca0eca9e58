"""Tests of the drills: not of what they measure, but of how they judge it."""
