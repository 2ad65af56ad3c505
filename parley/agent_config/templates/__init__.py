"""Texts of the agent file that are rendered for each call."""
