"""Passages of documents for the model: the search for them, and how the model receives them."""
