"""The answers of the reading process."""

from pathlib import Path
from typing import Any

import pytest

from parley.knowledge.sources import worker


def _request(path: Path) -> dict[str, Any]:
    return {"path": str(path).encode().hex(), "name": "a.txt", "language": "", "max_bytes": 1000}


def test_a_document_and_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Some text.")
    assert worker.handle(_request(path))["passages"][0]["text"] == "Some text."
    path.write_text("")
    assert "empty" in worker.handle(_request(path))["reason"]
    assert "No such file" in worker.handle(_request(tmp_path / "gone"))["reason"]


@pytest.mark.parametrize(
    ("error", "reason", "exits"),
    [
        (MemoryError(), "memory", True),
        (RecursionError(), "nested", False),
        (ZeroDivisionError(), "ZeroDivisionError", False),
    ],
)
def test_a_parser_that_breaks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Exception, reason: str, exits: bool
) -> None:
    def fail(*_arguments: object) -> None:
        raise error

    monkeypatch.setattr(worker, "read_document", fail)
    answer = worker.handle(_request(tmp_path))
    assert reason in answer["reason"]
    assert answer.get("exit", False) == exits
