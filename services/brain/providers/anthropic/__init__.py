"""Anthropic's Messages API."""

from services.brain.providers.anthropic.provider import PLUGIN

__all__ = ["PLUGIN"]
