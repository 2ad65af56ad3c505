"""A short part of `make chaos`: nothing is lost, whoever is struck."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_nothing_is_lost_whoever_is_struck(tmp_path: Path) -> None:
    """Two blows for each of these; an edge's death may cost the words that nobody carried meanwhile."""
    out = tmp_path / "chaos.json"
    victims = "brain stop,stt kill"
    command = [
        *(sys.executable, "-m", "bench.chaos", "--calls", "4", "--strikes", "2", "--questions", "2"),
        *("--seed", "7", "--only", victims, "--out", str(out)),
    ]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)
    figures = json.loads(out.read_text("utf-8"))["victims"]

    assert sorted(figures) == sorted(victims.split(",")), ran.stdout
    for name, lost in figures.items():
        assert lost["kills"] == 2, ran.stdout
        assert lost["calls_dropped"] == 0, ran.stdout
        assert lost["sentences_lost"] + lost["sentences_doubled"] == 0, ran.stdout
        assert lost["tool_effects_doubled"] == 0, ran.stdout
        if not name.startswith("edge"):
            assert lost["words_lost"] + lost["words_doubled"] == 0, ran.stdout
            assert lost["recorded_s_lost"] < 0.1 * lost["calls"], ran.stdout
        assert lost["pause_ms"]["max"] < 8000, ran.stdout
