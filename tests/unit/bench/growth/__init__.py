"""Tests of the growth benchmark."""
