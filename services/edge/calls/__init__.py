"""A call's life cycle at the edge: its start, its end, and its resumption after a lost stream."""
