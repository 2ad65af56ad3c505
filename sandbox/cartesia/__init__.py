"""The Cartesia emulator: text-to-speech over a WebSocket with contexts, and the list of voices."""
