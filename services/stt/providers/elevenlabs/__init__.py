"""ElevenLabs' live transcription, Scribe v2 Realtime, over a WebSocket (`/v1/speech-to-text/realtime`).

The SDK's client prints errors to the terminal and has no time limits, so the WebSocket is used directly.
"""

from services.stt.providers.elevenlabs.provider import PLUGIN

__all__ = ["PLUGIN"]
