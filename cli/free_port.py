"""Ports that no other process is given for a minute."""

import socket

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A TCP port of the loopback address, kept for the caller for about a minute.

    A port that was only found free may be given to another process before its server listens on it. A closed
    connection leaves its port in the state TIME_WAIT for 60 s: the kernel assigns it to no socket that binds
    to port 0, while a server that sets SO_REUSEADDR can listen on it at once (socket(7), RFC 9293 3.3.2).
    """
    with socket.socket() as listening, socket.socket() as client:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((LOOPBACK, 0))
        listening.listen(1)
        address = listening.getsockname()
        client.connect(address)
        accepted, _ = listening.accept()
        # The end that closes first keeps the state: it must be the one with this port.
        accepted.close()
    return int(address[1])
