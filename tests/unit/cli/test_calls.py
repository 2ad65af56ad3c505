"""The lookup of the running system."""

import json
from pathlib import Path

import pytest

from cli.calls import SystemNotRunning, nats_url_of


def test_the_log_is_read_from_the_running_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes precedence over PARLEY_NATS_URL, which names a server with past calls."""
    monkeypatch.delenv("PARLEY_NATS_URL", raising=False)
    with pytest.raises(SystemNotRunning, match="parley up"):
        nats_url_of(tmp_path)
    monkeypatch.setenv("PARLEY_NATS_URL", "nats://past")
    assert nats_url_of(tmp_path) == "nats://past"

    state = {"environment": {"PARLEY_NATS_URL": "nats://present"}}
    (tmp_path / "system.json").write_text(json.dumps(state), encoding="utf-8")
    assert nats_url_of(tmp_path) == "nats://present"
