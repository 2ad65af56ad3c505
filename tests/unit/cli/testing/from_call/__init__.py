"""Tests of the conversion of calls into tests."""
