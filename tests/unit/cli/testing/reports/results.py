"""Results of tests for the reports."""

from pathlib import Path

from cli.testing.play import Result
from tests.unit.cli.testing.call_events import outcome

PATH = Path("agents/tests/clinic/goodbye.yaml")
PASSED = Result("passes", "A caller books.", outcome(), duration_s=12.5, path=PATH)
FAILED = Result(
    "fails", "A <caller> & co.", outcome(), ("x.yaml:3: replies: expected 1, got \x00 2",), path=PATH
)
INVALID = Result("broken", "", error="x.yaml:1: is not YAML\nx.yaml:2: also wrong", path=PATH)
ALL = (PASSED, FAILED, INVALID)
