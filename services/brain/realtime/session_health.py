"""Decides by its failures whether a session remains useful."""

import asyncio

from parley.errors import ProviderError, ProviderRateLimited, ProviderRejected, ProviderTimeout

_MAX_FAILURES = 2
"""Responses that fail in succession, after which another session is better, if it has another model."""


class SessionHealth:
    """The failures of one session since its last complete response."""

    def __init__(self, *, has_alternative: bool) -> None:
        """Create it; with an alternative, such as a second model, responses that fail end the session."""
        self.has_alternative = has_alternative
        self._failures = 0
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def response_succeeded(self) -> None:
        """Note a complete response."""
        self._failures = 0

    def response_failed(self, error: ProviderError) -> None:
        """End the session if another response would fail as well, and another session might not."""
        self._failures += 1
        is_bad = isinstance(error, ProviderRateLimited | ProviderTimeout) or self._failures >= _MAX_FAILURES
        if isinstance(error, ProviderRejected) or (self.has_alternative and is_bad):
            self.end(error)

    def end(self, error: ProviderError) -> None:
        """End the session."""
        if not self._failed.done():
            self._failed.set_exception(error)
            # Marks it as retrieved: the session may have ended already.
            self._failed.exception()

    async def watch(self) -> None:
        """Long-lived: raise the error that makes the session useless."""
        await self._failed
