"""Tests of app/siblings."""
