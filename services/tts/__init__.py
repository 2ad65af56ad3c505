"""TTS service: synthesizes reply text as 8 kHz mu-law audio."""
