"""Unit tests of parley/whisper."""
