"""Benchmark of speech detection on human voices, noises, tones and music."""
