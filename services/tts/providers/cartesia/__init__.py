"""Cartesia as a text-to-speech provider: Sonic 3 and later over one WebSocket per call."""

from services.tts.providers.cartesia.provider import PLUGIN

__all__ = ["PLUGIN"]
