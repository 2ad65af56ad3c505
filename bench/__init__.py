"""Benchmarks: latency, bus delay, CPU and memory."""
