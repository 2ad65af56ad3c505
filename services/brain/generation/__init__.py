"""Generation of replies by a language model: prompt, stream, clauses, events."""
