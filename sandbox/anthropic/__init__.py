"""Emulates Anthropic's Messages API; the OpenAI emulator serves it with its scenarios and faults."""
