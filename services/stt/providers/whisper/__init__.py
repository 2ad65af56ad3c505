"""Whisper on this machine, without any key or connection."""

from services.stt.providers.whisper.provider import PLUGIN

__all__ = ["PLUGIN"]
