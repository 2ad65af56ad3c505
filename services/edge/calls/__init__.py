"""A call's life at the edge: its start, its end, its resumption after a lost stream."""
