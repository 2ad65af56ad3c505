"""Writes the rows of tables as sentences, so that each can be found without the others. No I/O, no clock."""

from collections.abc import Sequence


def row_text(header: Sequence[str], cells: Sequence[str]) -> str:
    """Return a row as `name: value; name: value`, or as values alone without a header."""
    named = []
    for number, cell in enumerate(cells):
        name = header[number] if number < len(header) else ""
        if cell.strip():
            named.append(f"{name.strip()}: {cell.strip()}" if name.strip() and name != cell else cell.strip())
    return "; ".join(named)
