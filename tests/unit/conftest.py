"""Unit tests start no server and no process; tests that do belong in tests/integration."""

import sys
from collections.abc import Iterator

import pytest

_FORBIDDEN = frozenset(
    {
        "socket.bind",
        "socket.connect",
        "subprocess.Popen",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.exec",
    }
)
_is_unit_test_running = False


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if _is_unit_test_running and event in _FORBIDDEN:
        raise RuntimeError(f"a unit test may not use {event} {arguments[1:]!r}: move it to tests/integration")


sys.addaudithook(_refuse)


@pytest.fixture(autouse=True)
def _no_servers() -> Iterator[None]:
    global _is_unit_test_running  # noqa: PLW0603 - an audit hook cannot be removed, only switched off
    _is_unit_test_running = True
    yield
    _is_unit_test_running = False
