"""Emulates Google's Gemini API, with the scenarios and faults of the OpenAI emulator."""

CHECKS = {
    "llm": (
        "key",
        "models and their last day",
        "unknown names in every object, types and ranges",
        "thinking levels and budgets, by model",
        "roles, and function responses right after their calls",
        "thought signatures that must be sent back",
        "names and schemas of functions, in both forms",
    ),
}
"""The rules that requests must follow, by kind of provider, for docs/providers.md."""
