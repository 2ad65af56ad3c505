"""Audio on the bus: G.711, chunks in order, live streams with backfill."""
