"""Plays recorded calls against a changed agent file and shows what differs."""
