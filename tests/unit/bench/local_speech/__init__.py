"""Unit tests of bench/local_speech."""
