"""Expectations of a conversation: what must have been spoken, done and measured."""

from cli.testing.expectations.registry import EXPECTATIONS, Expectation, read_expectations

__all__ = ["EXPECTATIONS", "Expectation", "read_expectations"]
