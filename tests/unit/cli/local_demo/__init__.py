"""Unit tests of the local demo."""
