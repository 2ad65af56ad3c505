"""Figures: latency, bus hops, CPU and memory."""
