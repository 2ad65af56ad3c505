"""A stand-in for ElevenLabs: text in, a local voice or a tone out."""
