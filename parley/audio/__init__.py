"""Audio on the bus: G.711, ordered chunks, live streams with backfill."""
