"""Other servers of the Chat Completions protocol: what each one refuses, and how its answers differ."""
