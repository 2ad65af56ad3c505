"""Tests of the comparison of recorded calls."""
