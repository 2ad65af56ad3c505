"""The recorder's storage: an object store and a Postgres database."""
