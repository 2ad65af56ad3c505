"""Turn latency and barge-in of speech-to-speech agents, beside the cascade's."""
