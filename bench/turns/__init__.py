"""Turn latency and its overhead."""
