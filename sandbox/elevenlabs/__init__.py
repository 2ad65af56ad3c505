"""The ElevenLabs emulator: text-to-speech with espeak-ng, or as tones that encode the text."""

CHECKS = {
    "stt": (
        "key",
        "models, languages, audio formats and key terms",
        "types and ranges of parameters, and combinations; unknown ones are ignored",
        "fields, types and sample rate of every message, base64, 5 s of audio at most",
        "0.3 s of audio before a commit",
        "sessions at once; 10 s without a message",
    ),
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
