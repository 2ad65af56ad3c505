"""The HTTP client of the tools."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2

_MAX_CONNECTIONS = 200


@asynccontextmanager
async def open_http_client() -> AsyncIterator[httpx2.AsyncClient]:
    """Open the client for all calls; it does not follow redirects, because a POST would become a GET."""
    limits = httpx2.Limits(max_connections=_MAX_CONNECTIONS, max_keepalive_connections=_MAX_CONNECTIONS)
    async with httpx2.AsyncClient(limits=limits) as client:
        yield client
