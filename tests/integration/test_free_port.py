"""Ports for servers that are started later."""

import socket

from cli.free_port import LOOPBACK, free_port


def any_port(*, reuse: bool) -> int:
    """The port that the kernel assigns to a socket bound to port 0."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
        sock.bind((LOOPBACK, 0))
        return int(sock.getsockname()[1])


def test_a_port_is_not_assigned_again() -> None:
    ports = [free_port() for _ in range(1000)]
    others = {any_port(reuse=reuse) for reuse in (False, True) for _ in range(1000)}

    assert len(set(ports)) == len(ports)
    assert not others & set(ports)


def test_a_server_can_listen_on_it_at_once() -> None:
    for host in (LOOPBACK, "0.0.0.0"):
        with socket.create_server((host, free_port())) as server:
            assert server.getsockname()[0] == host
