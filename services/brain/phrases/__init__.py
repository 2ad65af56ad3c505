"""Phrases by which callers listen, agree or ask to wait, as lists per language."""
