"""Emulates Google's Gemini API; the OpenAI emulator serves it with its scenarios and faults."""
