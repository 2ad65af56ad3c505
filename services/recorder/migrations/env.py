"""Alembic's entry: it writes SQL and connects to nothing."""

from alembic import context

context.configure(dialect_name="postgresql")
context.run_migrations()
