"""Checks of rendered objects, as an experienced operator makes them: each returns problems as text."""
