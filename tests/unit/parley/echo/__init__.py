"""Tests for recognizing the agent's own words."""
