"""The names of spans and attributes."""

import ast
import inspect
import re
from pathlib import Path

from parley.telemetry import names

ROOT = Path(__file__).parents[4]


def constants() -> list[tuple[str, str]]:
    """The constants of the module with their values, repeated ones included."""
    return [
        (target.id, str(statement.value.value))
        for statement in ast.parse(inspect.getsource(names)).body
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
        for target in statement.targets
        if isinstance(target, ast.Name)
    ]


def test_every_name_is_defined_once() -> None:
    """Neither a constant nor its value occurs twice."""
    found = constants()
    assert len({name for name, _ in found}) == len(found)
    assert len({value for _, value in found}) == len(found)


def test_every_name_is_used() -> None:
    """A name without a use describes a span or attribute that does not exist."""
    sources = [path for package in ("parley", "services") for path in (ROOT / package).rglob("*.py")]
    used = "".join(path.read_text("utf-8") for path in sources if path != Path(names.__file__))
    assert [name for name, _ in constants() if not re.search(rf"\b{name}\b", used)] == []
