"""A voice of which the process remembers how it fared."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from parley.circuit_breaker import CircuitBreaker
from parley.errors import ProviderError, ProviderRejected
from parley.providers.tts import SynthesisStream, TtsConnection

log = structlog.get_logger()


class WatchedVoice:
    """Tells the breaker of each utterance whether it worked; one that is given up tells nothing."""

    def __init__(self, inner: TtsConnection, breaker: CircuitBreaker, name: str) -> None:
        self._inner = inner
        self._breaker = breaker
        self._name = name

    @asynccontextmanager
    async def open_stream(self, reply_id: str) -> AsyncIterator[SynthesisStream]:
        """Begin a reply."""
        try:
            async with self._inner.open_stream(reply_id) as utterance:
                yield utterance
        except ProviderError as error:
            now_s = asyncio.get_running_loop().time()
            if self._breaker.record_failure(now_s, permanent=isinstance(error, ProviderRejected)):
                log.warning("voice left alone for a while", way=self._name)
            raise
        else:
            self._breaker.record_success()
