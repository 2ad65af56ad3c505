"""Conversations as they must go."""
