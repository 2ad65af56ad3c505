"""Shared by the language model providers: histories, streamed answers, error bodies. Imports no SDK."""

READER = "llm"
"""The provider in errors of these readers; `read_answer` puts the real name in its place."""
