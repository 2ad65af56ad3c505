"""OpenAI's live transcription over its Realtime API."""

from services.stt.providers.openai.provider import PLUGIN

__all__ = ["PLUGIN"]
