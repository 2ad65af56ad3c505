"""The configuration of the NATS cluster that `parley up --nats-nodes 3` starts."""

import subprocess
import sys
from pathlib import Path

from cli.ports import Size, default_ports
from cli.topology import build_topology


def test_the_server_accepts_the_configuration() -> None:
    """The server's own check accepts the file."""
    size = Size(nats_nodes=3)
    specs = build_topology({}, default_ports(size), "/home", "/bin", size=size).nats
    configs = {spec.argv[spec.argv.index("--config") + 1] for spec in specs}
    assert len(configs) == 1
    for config in configs:
        checked = subprocess.run(
            [Path(sys.executable).parent / "nats-server", "-t", "-c", config],
            capture_output=True,
            check=False,
            timeout=30,
        )
        assert checked.returncode == 0, checked.stderr
