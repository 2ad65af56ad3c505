"""Waits for a provider to close its connections."""

import asyncio

from parley.providers.conformance.check import ConformanceError
from parley.providers.conformance.relay import Relay

_TIMEOUT_S = 3.0
_POLL_S = 0.01


async def freed(relay: Relay, connections: int = 0) -> None:
    """Wait until at most a number of connections is open.

    Raises:
        ConformanceError: more are open after 3 s.
    """
    for _ in range(round(_TIMEOUT_S / _POLL_S)):
        if relay.connections <= connections:
            return
        await asyncio.sleep(_POLL_S)
    raise ConformanceError(f"{relay.connections} connections are still open after {_TIMEOUT_S:g} s")
