"""Tests of the turn benchmark."""
