"""The OpenAI emulator: chat completions scripted in YAML."""
