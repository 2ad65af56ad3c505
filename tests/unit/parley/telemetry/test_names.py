"""The names of spans, attributes and metrics."""

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


def test_metrics_have_the_prefix_and_no_scaled_units() -> None:
    """Prometheus' base units; the client adds `_total` to counters."""
    for name, value in constants():
        if name.startswith("METRIC_"):
            assert re.fullmatch(r"parley(_[a-z]+)+", value)
            assert not value.endswith(("_ms", "_total"))


def test_every_name_is_used() -> None:
    """A name without a use describes a span, attribute or metric that does not exist."""
    sources = [path for package in ("parley", "services") for path in (ROOT / package).rglob("*.py")]
    used = "".join(path.read_text("utf-8") for path in sources if path != Path(names.__file__))
    assert [name for name, _ in constants() if not re.search(rf"\b{name}\b", used)] == []
