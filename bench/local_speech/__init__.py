"""Whisper on human voices: word errors, latency, processor time and calls per core."""
