"""Which of the agent's transcribers to open a socket to: the first that is well."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import structlog

from parley.agent_config import SttConfig
from parley.circuit_breaker import CircuitBreakers
from parley.errors import ProviderError, ProviderRejected
from parley.providers.stt import SttConnection

log = structlog.get_logger()

_HEALTHY_AFTER_S = 10.0
"""A socket that lasted so long was none that fails at once."""
_RETRY_SAME_AFTER_S = 10.0

OpenModel = Callable[[SttConfig], AbstractAsyncContextManager[SttConnection]]


class ModelSelector:
    """One call's."""

    def __init__(self, open_model: OpenModel, hearing: SttConfig, breakers: CircuitBreakers) -> None:
        self._open_model = open_model
        self._config = hearing
        self._breakers = breakers
        self._failed_model = ""
        self._failed_at_s = 0.0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[SttConnection]:
        """A socket to the first model that does not rest and has not just failed this call.

        What becomes of it all calls of the process know.

        Raises:
            ProviderError: refused, busy, late or broken; or a group of them.
        """
        now = asyncio.get_running_loop().time
        name, opened_s = self._pick(now()), now()
        breaker = self._breakers.get(_route(name))
        try:
            async with self._open_model(self._config.model_copy(update={"model": name})) as connection:
                opened_s = now()
                yield connection
        except (ProviderError, BaseExceptionGroup) as error:
            if _is_providers(error):
                self._failed_model, self._failed_at_s = name, now()
                if now() - opened_s > _HEALTHY_AFTER_S:
                    breaker.record_success()
                if breaker.record_failure(now(), permanent=isinstance(error, ProviderRejected)):
                    log.warning("transcriber left alone for a while", model=name)
            raise

    def _pick(self, now_s: float) -> str:
        names = [section.model for section in self._config.chain]
        well = [name for name in names if self._breakers.get(_route(name)).allows(now_s)]
        # The caller waits: another one first, then the same once more.
        fresh = [
            n for n in well if n != self._failed_model or now_s - self._failed_at_s > _RETRY_SAME_AFTER_S
        ]
        return next(iter((*fresh, *well)), self._config.model)


def _is_providers(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return error.subgroup(ProviderError) is not None
    return isinstance(error, ProviderError)


def _route(model: str) -> str:
    return f"deepgram/{model}"
