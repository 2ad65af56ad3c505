"""The servers by name."""

from sandbox.openai.servers.registry import SERVERS


def test_every_server_has_its_own_paths() -> None:
    """No path belongs to two of them, and none to the configured server's `/v1`."""
    paths = [path for server in SERVERS.values() for path in server.paths]

    assert len(paths) == len(set(paths))
    assert "/v1" not in paths
    assert all(path.startswith(f"/{name}/") for name, server in SERVERS.items() for path in server.paths)
