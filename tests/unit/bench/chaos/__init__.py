"""Tests of the chaos benchmark."""
