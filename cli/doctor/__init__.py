"""`parley doctor`: checks everything that a call needs, with the agent's own requests to each provider."""
