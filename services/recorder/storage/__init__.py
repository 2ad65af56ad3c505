"""What the recorder writes to: an object store and a database."""
