"""OpenAI's Realtime API: speech to speech over a WebSocket."""

from services.brain.providers.openai_realtime.provider import PLUGIN

__all__ = ["PLUGIN"]
