"""Judges from the words of a turn how long a pause may be before the turn has ended."""
