"""A stand-in for OpenAI's chat completions, scripted by YAML."""
