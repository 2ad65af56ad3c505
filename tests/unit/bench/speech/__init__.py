"""Tests of the benchmark of speech detection."""
