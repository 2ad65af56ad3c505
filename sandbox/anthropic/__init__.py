"""Emulates Anthropic's Messages API, with the scenarios and faults of the OpenAI emulator."""

CHECKS = {
    "llm": (
        "key, version and content type in the headers",
        "models and their last day",
        "unknown fields, types and ranges, temperature and thinking by model",
        "the user first and last, alternating roles, no blank text",
        "every tool call has its result in the very next message",
        "names, ids and JSON schemas of tools",
        "signatures of thinking, and the conversation that they belong to",
        "at most four marks for the cache",
    ),
}
"""The rules that requests must follow, by kind of provider, for docs/providers.md."""
