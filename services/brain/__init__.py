"""Brain service: decides when and what the agent answers, and generates the answer."""
