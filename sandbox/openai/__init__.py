"""The OpenAI emulator: answers scripted in YAML, speech-to-speech and transcription sessions."""

CHECKS = {
    "stt": (
        "key and its scopes",
        "models, and those that take a prompt, key terms, languages or a delay",
        "fields, types and ranges of all client events",
        "turn detection, which live models refuse",
        "commits of too little audio",
        "the age limit of a session",
    ),
    "realtime": (
        "key and its scopes; no header of the beta",
        "models and their last day, and those that can reason",
        "unknown fields, types and ranges of all client events",
        "formats, voices and tools; no other voice after the first audio",
        "commits of too little audio, truncation beyond the audio, a second response at once",
        "unknown items, calls and responses",
        "the age limit of a session",
    ),
    "llm": (
        "key",
        "models and their last day",
        "types, ranges and dependencies of all parameters, by model",
        "roles, parts and order of messages; every tool call has its result",
        "names and JSON schemas of tools",
        "reasoning items that must be sent back",
        "the limit of tokens",
        "differences of eight other servers",
    ),
}
"""The rules that requests must follow, by kind of provider, for docs/providers.md."""
