"""Converts clause text to the text that the provider receives: without markup, with numbers in words."""
