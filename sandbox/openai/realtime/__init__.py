"""OpenAI's Realtime API over WebSocket: speech-to-speech and transcription sessions."""
