"""Migrations are SQL files numbered from 1."""

import re
from pathlib import Path

import pytest

from parley.database.schema import Migration, SchemaTooNew, read_migrations


def test_files_are_read_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    """Other files in the folder are ignored."""
    (tmp_path / "0002_more.sql").write_text("SELECT 2")
    (tmp_path / "0001_tables.sql").write_text("SELECT 1")
    (tmp_path / "README.md").write_text("text")

    assert read_migrations(tmp_path) == (
        Migration(1, "tables", "SELECT 1"),
        Migration(2, "more", "SELECT 2"),
    )


@pytest.mark.parametrize(
    "names", [["0001_a.sql", "0003_b.sql"], ["0002_a.sql"], ["0001_a.sql", "0001_b.sql"]]
)
def test_missing_and_repeated_numbers_are_refused(tmp_path: Path, names: list[str]) -> None:
    """A merge of two branches can produce either."""
    for name in names:
        (tmp_path / name).write_text("SELECT 1")

    with pytest.raises(ValueError, match="count up from 1"):
        read_migrations(tmp_path)


def test_a_file_without_a_number_is_refused(tmp_path: Path) -> None:
    """Ignoring it would hide the mistake."""
    (tmp_path / "tables.sql").write_text("SELECT 1")

    with pytest.raises(ValueError, match=r"tables\.sql: not named like"):
        read_migrations(tmp_path)


def test_no_migration_controls_its_transaction() -> None:
    """A COMMIT in a file would end the runner's transaction early."""
    for migration in read_migrations():
        assert not re.search(r"^\s*(BEGIN|COMMIT|ROLLBACK)\b", migration.sql, re.MULTILINE | re.IGNORECASE)


def test_the_error_for_a_newer_database_names_both_versions() -> None:
    """The message also states what to do."""
    assert str(SchemaTooNew(3, 2)) == (
        "the database's schema is version 3, but this version of Parley supports only versions up to 2; "
        "run the version of Parley that migrated it, or a newer one"
    )
