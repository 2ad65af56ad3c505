"""Fixtures that all tests share."""

from collections.abc import AsyncIterator

import pytest

from tests.nats_server import NatsServer, running_nats


@pytest.fixture
async def nats_server() -> AsyncIterator[NatsServer]:
    """A real NATS server, empty."""
    async with running_nats() as server:
        yield server


@pytest.fixture
def nats_url(nats_server: NatsServer) -> str:
    """Address of a real NATS server, empty."""
    return nats_server.url
