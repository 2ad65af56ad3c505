"""The size of a system on this machine, and the port of each of its processes. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass

SERVICES = ("edge", "stt", "brain", "tts", "recorder")
_PORTS = {
    "nats": 4222,
    "nats-monitor": 8222,
    "edge": 8080,
    "stt": 8081,
    "brain": 8082,
    "tts": 8083,
    "recorder": 8084,
    "edge-metrics": 8085,
    "twilio": 9001,
    "deepgram": 9002,
    "openai": 9003,
    "elevenlabs": 9004,
}
_MORE_PORTS = {"nats-route": 6221, "edge-direct": 8089}


@dataclass(frozen=True, slots=True)
class Size:
    """How many processes of each kind to run."""

    copies: int = 1
    """Processes of each service; with two or more, calls survive a kill."""
    nats_nodes: int = 1
    """NATS servers; three keep three copies of each stream."""


SINGLE = Size()


@dataclass(frozen=True, slots=True)
class Ports:
    """The port of each process."""

    by_name: Mapping[str, int]

    def url(self, name: str) -> str:
        """HTTP address of a process."""
        return f"http://127.0.0.1:{self.by_name[name]}"


def default_ports(size: Size = SINGLE) -> Ports:
    """The documented ports; further copies are 10 higher each, further NATS servers 1 higher each."""
    ports = dict(_PORTS)
    for name in port_names(size):
        kind, _, number = name.rpartition("-")
        if name not in ports:
            step = 1 if kind.startswith("nats") else 10
            ports[name] = {**_PORTS, **_MORE_PORTS}[kind] + (int(number) - 1) * step
    return Ports(ports)


def port_names(size: Size = SINGLE) -> tuple[str, ...]:
    """Names of all processes that need a port; each of several edges also has a direct one."""
    own_ports = ["edge-metrics" if name == "edge" else name for name in SERVICES]
    copies = [numbered(name, n) for n in range(2, size.copies + 1) for name in own_ports]
    nodes = [f"{kind}-{n}" for n in range(2, size.nats_nodes + 1) for kind in ("nats", "nats-monitor")]
    routes = [f"nats-route-{n}" for n in range(1, size.nats_nodes + 1)] if size.nats_nodes > 1 else []
    edges = [f"edge-direct-{n}" for n in range(1, size.copies + 1)] if size.copies > 1 else []
    return (*_PORTS, *copies, *edges, *nodes, *routes)


def numbered(name: str, number: int) -> str:
    """The name of one of several copies, from 1 on."""
    return name if number == 1 else f"{name}-{number}"
