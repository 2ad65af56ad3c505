"""Tests of the provider `openai`."""
