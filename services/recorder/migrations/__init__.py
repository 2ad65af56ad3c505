"""The database's tables, step by step; alembic writes the SQL, `providers/migrate.py` runs it."""
