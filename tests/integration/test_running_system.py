"""Whether a system runs in a folder."""

import json
import socket
from pathlib import Path

from cli.calls import is_running


def test_a_system_runs_as_long_as_its_edge_accepts_connections(tmp_path: Path) -> None:
    """A system that was killed leaves its state file behind, and its NATS server may be a shared one."""
    assert not is_running(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as shared, socket.create_server(("127.0.0.1", 0)) as edge:
        state = {
            "edge_url": f"http://127.0.0.1:{edge.getsockname()[1]}",
            "environment": {"PARLEY_NATS_URL": f"nats://127.0.0.1:{shared.getsockname()[1]}"},
        }
        (tmp_path / "system.json").write_text(json.dumps(state), encoding="utf-8")

        assert is_running(tmp_path)
        edge.close()
        assert not is_running(tmp_path)
