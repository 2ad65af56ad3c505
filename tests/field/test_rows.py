"""The field table is complete: each row has at least one test."""

import re
from pathlib import Path

from tests.field.rows import ROW_IDS


def test_each_row_has_a_test() -> None:
    """A row that loses its last test is noticed."""
    texts = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    tested = set(re.findall(r'row\(\s*"([A-Z]\d+)"', texts))

    assert set(ROW_IDS) == tested
