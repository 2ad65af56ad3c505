"""Fixtures that all tests share."""

import gc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling, Scheduling

from tests.nats_server import NatsServer, running_nats
from tests.postgres_server import PostgresServer, running_postgres

# A busy machine is not a fault of the code.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

_UNIT_TESTS = Path(__file__).parent / "unit"
_WHOLE_SYSTEMS = ("tests/chaos/", "tests/conversations/", "tests/e2e/")


class _OneSystemAtATime(LoadFileScheduling):  # type: ignore[misc] # xdist has no types
    """Assigns all tests of whole systems to one worker, so that they do not compete for the machine."""

    def _split_scope(self, nodeid: str) -> str:
        return "whole systems" if nodeid.startswith(_WHOLE_SYSTEMS) else str(super()._split_scope(nodeid))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option of `make field`."""
    parser.addoption("--field-table", action="store_true", help="print the field table (tests/field)")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """Distribute the files over the workers (`pytest -n 2`)."""
    return _OneSystemAtATime(config, log)


@pytest.fixture(autouse=True, scope="session")
def _no_cached_loggers() -> Iterator[None]:
    """Let each logger read the configuration of its test.

    A command that runs in a test's process configures the log and caches the loggers it uses, which
    `capture_logs` in later tests would miss.
    """
    configure = structlog.configure

    def configure_uncached(**options: Any) -> None:
        configure(**{**options, "cache_logger_on_first_use": False})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(structlog, "configure", configure_uncached)
        yield


@pytest.fixture(autouse=True)
def _default_log() -> Iterator[None]:
    """End a test's configuration of the log with the test."""
    yield
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def _no_open_sockets(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test that leaves a socket open, not whichever test runs when it is garbage-collected.

    Async fixtures and the test's event loop end before this fixture, because it is set up first.
    """
    yield
    if _UNIT_TESTS not in request.path.parents:
        gc.collect()
        # Later collections skip the objects that are left, which live as long as the process.
        gc.freeze()


@pytest.fixture
async def nats_server() -> AsyncIterator[NatsServer]:
    """An empty, real NATS server."""
    async with running_nats() as server:
        yield server


@pytest.fixture
def nats_url(nats_server: NatsServer) -> str:
    """Address of an empty, real NATS server."""
    return nats_server.url


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A real Postgres server; each test creates its own database in it."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    """Address of an empty database for one test."""
    return postgres_server.new_database()
