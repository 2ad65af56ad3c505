"""The Deepgram emulator: live transcription that recognises with pocketsphinx, or looks up ground truth."""

CHECKS = {
    "stt": (
        "key",
        "model, language and their combination",
        "names, types and ranges of query parameters",
        "encoding, sample rate and channels; audio that cannot be decoded",
        "types of control messages",
        "10 s without audio or keep-alive",
    ),
    "tts": (
        "key",
        "voices",
        "names, encodings, sample rates and speed of the query, by language",
        "types of messages, and 2000 characters in each",
        "2400 characters and 20 flushes a minute",
        "WebSockets at once, and their age",
    ),
}
"""The rules that requests must follow, by kind of provider, for docs/providers.md."""
