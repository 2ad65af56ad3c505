"""Google's Gemini API."""

from services.brain.providers.gemini.provider import PLUGIN

__all__ = ["PLUGIN"]
