"""The edge's one provider."""
