"""Tests of the local model of the end of a turn."""
