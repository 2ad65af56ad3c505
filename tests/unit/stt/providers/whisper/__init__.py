"""Unit tests of the whisper provider."""
