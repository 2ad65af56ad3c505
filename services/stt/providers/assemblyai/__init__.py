"""AssemblyAI's live transcription (`/v3/ws`), which detects the end of a turn itself.

The SDK's client has no time limit on sending and reports a lost connection to a callback only, so the
WebSocket is used directly.
"""

from services.stt.providers.assemblyai.provider import PLUGIN

__all__ = ["PLUGIN"]
