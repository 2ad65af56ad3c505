"""The ElevenLabs emulator: text-to-speech with espeak-ng, or as tones that encode the text."""
