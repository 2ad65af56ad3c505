"""Hibari, a synthesizer on this machine, without any key or connection."""

from services.tts.providers.hibari.provider import PLUGIN

__all__ = ["PLUGIN"]
