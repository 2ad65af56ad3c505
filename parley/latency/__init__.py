"""Turn latency, derived from the event log."""
