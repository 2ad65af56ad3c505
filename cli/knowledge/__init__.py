"""`parley knowledge`: index folders of documents, and search them."""
