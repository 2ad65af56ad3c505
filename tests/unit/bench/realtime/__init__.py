"""Tests of the benchmark of speech to speech."""
