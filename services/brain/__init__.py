"""The brain service: decides when the agent answers and generates the answer."""
