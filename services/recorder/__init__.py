"""Records calls: two-channel audio, transcript, turn latencies and call log."""
