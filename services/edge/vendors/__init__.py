"""The edge's one vendor."""
