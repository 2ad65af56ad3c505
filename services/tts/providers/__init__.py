"""Built-in text-to-speech providers."""
