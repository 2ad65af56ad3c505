"""The stage that remembers: recording, transcript, timings, call log."""
