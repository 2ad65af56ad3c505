"""A voice of which the process remembers how it fared."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from parley.breaker import Breaker
from parley.errors import VendorError, VendorRefused
from services.tts.vendors import Utterance, Voice

log = structlog.get_logger()


class WatchedVoice:
    """Tells the breaker of each utterance whether it worked; one that is given up tells nothing."""

    def __init__(self, inner: Voice, breaker: Breaker, name: str) -> None:
        self._inner = inner
        self._breaker = breaker
        self._name = name

    @asynccontextmanager
    async def utter(self, name: str) -> AsyncIterator[Utterance]:
        """Begin a reply."""
        try:
            async with self._inner.utter(name) as utterance:
                yield utterance
        except VendorError as error:
            now_s = asyncio.get_running_loop().time()
            if self._breaker.failed(now_s, for_good=isinstance(error, VendorRefused)):
                log.warning("voice left alone for a while", way=self._name)
            raise
        else:
            self._breaker.worked()
