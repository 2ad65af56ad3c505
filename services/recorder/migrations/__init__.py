"""The database's tables, step by step; alembic writes the SQL, `vendors/migrate.py` runs it."""
