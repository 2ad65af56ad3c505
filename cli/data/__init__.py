"""`parley data`: imports, shows and deletes the records of the agents' tools."""
