"""The ElevenLabs emulator: text-to-speech with espeak-ng, or as tones that encode the text."""

CHECKS = {
    "tts": (
        "key and its permissions",
        "voices, and those that the plan lacks",
        "models, their languages and transports",
        "output formats, and those that the plan lacks",
        "voice settings and their ranges, by model",
        "contexts, message order and text lengths",
        "texts at once and quota",
    ),
}
"""The rules that requests must follow, by kind of provider, for docs/providers.md."""
