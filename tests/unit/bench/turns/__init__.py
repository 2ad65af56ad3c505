"""The chaos runs."""
