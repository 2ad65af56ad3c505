"""A short form of `make chaos`: nothing is lost."""

import json
import sys
from pathlib import Path

import pytest

from tests.run_program import run_program

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_nothing_is_lost_after_faults(tmp_path: Path) -> None:
    """Two faults are injected per target; only edges without a standby stream may lose words."""
    out = tmp_path / "chaos.json"
    targets = "brain stop,stt kill"
    command = [
        *(sys.executable, "-m", "bench.chaos", "--calls", "4", "--faults", "2", "--questions", "2"),
        *("--seed", "7", "--only", targets, "--out", str(out)),
    ]
    ran = run_program(command, timeout_s=200)
    figures = json.loads(out.read_text("utf-8"))["targets"]

    assert sorted(figures) == sorted(targets.split(",")), ran.stdout
    for name, lost in figures.items():
        assert lost["faults"] == 2, ran.stdout
        assert lost["calls_dropped"] == 0, ran.stdout
        assert lost["sentences_lost"] + lost["sentences_doubled"] == 0, ran.stdout
        assert lost["tool_effects_doubled"] == 0, ran.stdout
        if not name.startswith("edge"):
            assert lost["words_lost"] + lost["words_doubled"] == 0, ran.stdout
            assert lost["recorded_s_lost"] < 0.05, ran.stdout
        assert lost["pause_ms"]["max"] < 8000, ran.stdout
