"""Tests of the simulated callers."""
