"""Retrieval from 10,000 passages: duration and hits, of full text and hybrid search."""
