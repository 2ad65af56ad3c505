"""Unit tests of the hibari provider."""
