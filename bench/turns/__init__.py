"""Benchmark of turn latency and of Parley's overhead in it."""
