"""Deepgram's live transcription through its SDK: Nova (`/v1/listen`) and Flux (`/v2/listen`)."""

from services.stt.providers.deepgram.provider import PLUGIN

__all__ = ["PLUGIN"]
