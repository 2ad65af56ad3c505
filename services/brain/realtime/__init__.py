"""Calls of agents with `mode: realtime`: one speech-to-speech model in place of stt, llm and tts."""
