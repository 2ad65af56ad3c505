"""The tables of docs/sandbox.md."""

import pytest

from scripts.sandbox_docs import PAGE, page, tables


def test_the_page_is_current() -> None:
    """`make docs` writes it."""
    text = PAGE.read_text("utf-8")

    assert page(text) == text


def test_the_tables_have_every_model_and_server() -> None:
    """With the day on which a model ends."""
    assert "`gpt-4.1-mini` | 2027-01-14 |" in tables()["models"]
    assert "| `mistral` | `http://127.0.0.1:9003/mistral/v1` |" in tables()["servers"]


def test_a_page_without_a_place_for_a_table_is_an_error() -> None:
    """A table must not vanish unnoticed."""
    with pytest.raises(ValueError, match="'models'"):
        page("")
