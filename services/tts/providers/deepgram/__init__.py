"""Deepgram as a text-to-speech provider: Aura-2 over WebSockets, one reply at a time on each."""

from services.tts.providers.deepgram.provider import PLUGIN

__all__ = ["PLUGIN"]
