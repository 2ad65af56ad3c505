"""The OpenAI emulator: chat completions scripted in YAML."""

CHECKS = {
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
