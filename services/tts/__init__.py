"""Speaks: reply text in, 8 kHz mu-law out."""
