"""The ports of a system's processes."""

import pytest

from cli.ports import Size, default_ports, port_names


def test_the_documented_ports_are_those_of_a_small_system() -> None:
    """A URL contains the port."""
    ports = default_ports()
    assert ports.by_name.keys() == set(port_names())
    assert ports.url("edge") == "http://127.0.0.1:8080"


@pytest.mark.parametrize("size", [Size(), Size(copies=2), Size(copies=4, nats_nodes=3)])
def test_no_two_processes_share_a_port(size: Size) -> None:
    """Each name has one."""
    by_name = default_ports(size).by_name
    assert by_name.keys() >= set(port_names(size))
    assert len(set(by_name.values())) == len(by_name) == len(port_names(size))
