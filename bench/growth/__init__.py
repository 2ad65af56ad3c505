"""Measures whether a call costs more the longer it lasts."""
