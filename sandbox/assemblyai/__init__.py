"""The AssemblyAI emulator: live transcription that detects turns."""

CHECKS = {
    "stt": (
        "key",
        "model, which is required, and parameters that only some models take",
        "types and ranges of parameters; unknown ones are ignored, as by AssemblyAI",
        "50 ms to 1 s of audio in each message, and no audio much faster than real time",
        "types of messages, and what they may change",
        "the age and the number of sessions, and the requested limit of inactivity",
    ),
}
"""The rules that requests must follow, by kind of provider, for docs/providers.md."""
