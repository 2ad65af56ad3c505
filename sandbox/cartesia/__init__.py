"""The Cartesia emulator: text-to-speech over a WebSocket with contexts, and the list of voices."""

CHECKS = {
    "tts": (
        "key and version in the headers",
        "models, those that have ended too, and their languages",
        "voices",
        "types and ranges of fields, formats, speeds and delays; unknown fields are ignored",
        "the same fields in all messages of a context, text that is not empty, its expiry after 1 s",
        "contexts and WebSockets at once; 5 minutes without a message",
    ),
}
"""The rules that requests must follow, by kind of provider, for docs/providers.md."""
