"""The Postgres database that the recorder and the brain share: its connections and its schema."""
