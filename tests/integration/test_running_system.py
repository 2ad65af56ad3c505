"""Whether a system runs in a folder."""

import json
from pathlib import Path

from cli.calls import is_running


def test_a_stale_state_file_is_no_running_system(tmp_path: Path) -> None:
    """A system that was killed leaves its state file behind."""
    assert not is_running(tmp_path)
    state = {"environment": {"PARLEY_NATS_URL": "nats://127.0.0.1:1"}}
    (tmp_path / "system.json").write_text(json.dumps(state), encoding="utf-8")
    assert not is_running(tmp_path)


def test_a_reachable_nats_server_is_a_running_system(tmp_path: Path, nats_url: str) -> None:
    """`parley up` refuses to start a second one in the folder."""
    state = {"environment": {"PARLEY_NATS_URL": nats_url}}
    (tmp_path / "system.json").write_text(json.dumps(state), encoding="utf-8")

    assert is_running(tmp_path)
