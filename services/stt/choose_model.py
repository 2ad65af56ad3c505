"""Which of the agent's transcribers to open a socket to: the first that is well."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import structlog

from parley.agent import Hearing
from parley.breaker import Breakers
from parley.errors import VendorError, VendorRefused
from services.stt.vendors import Connection

log = structlog.get_logger()

_WELL_S = 10.0
"""A socket that lasted so long was none that fails at once."""

OpenModel = Callable[[Hearing], AbstractAsyncContextManager[Connection]]


@asynccontextmanager
async def open_first_well(
    open_model: OpenModel, hearing: Hearing, breakers: Breakers
) -> AsyncIterator[Connection]:
    """A socket to the first model that does not rest; what becomes of it all calls of the process know.

    Raises:
        VendorError: refused, busy, late or broken; or a group of them.
    """
    now = asyncio.get_running_loop().time
    names = (hearing.model, *hearing.other_models)
    name = next((name for name in names if breakers.of(_way(name)).allows(now())), hearing.model)
    breaker, opened_s = breakers.of(_way(name)), now()
    try:
        async with open_model(hearing.model_copy(update={"model": name})) as connection:
            opened_s = now()
            yield connection
    except (VendorError, BaseExceptionGroup) as error:
        if now() - opened_s > _WELL_S:
            breaker.worked()
        refused = isinstance(error, VendorRefused)
        if _is_vendors(error) and breaker.failed(now(), for_good=refused):
            log.warning("transcriber left alone for a while", model=name)
        raise


def _is_vendors(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return error.subgroup(VendorError) is not None
    return isinstance(error, VendorError)


def _way(model: str) -> str:
    return f"deepgram/{model}"
