"""Runs code of providers: whatever exception escapes it is that provider's failure, not the stage's.

The ordinary second attempt, the next route and the apology follow a ProviderError only. Any other exception
would end the stage, which would be restarted with the same input.
"""

import traceback
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, contextmanager
from pathlib import PurePath
from typing import TypeVar

import structlog

from parley.errors import (
    ConfigError,
    ParleyError,
    ProviderError,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from parley.exception_groups import flatten_group

log = structlog.get_logger()

T = TypeVar("T")

_LOGGED_FRAMES = 5


@contextmanager
def provider_code(provider: str) -> Iterator[None]:
    """Raise any exception of the block as ProviderError.

    Cancellations, a lack of memory, and the stage's own errors, such as BusError, are raised unchanged.
    """
    try:
        yield
    except Exception as error:
        # Third-party providers may raise anything.
        failure = provider_failure(provider, error)
        if failure is error:
            raise
        raise failure from error


def provider_failure(provider: str, error: Exception) -> Exception:
    """The ProviderError for an exception of a provider's code; the exception itself if it is not one's."""
    leaves = flatten_group(error)
    if any(_is_not_the_providers(leaf) for leaf in leaves):
        return error
    failures = [leaf for leaf in leaves if isinstance(leaf, ProviderError)]
    if failures:
        return error if len(failures) == len(leaves) else failures[0]
    leaf = leaves[0]
    if isinstance(leaf, ConfigError):
        return ProviderRejected(provider, str(leaf))
    _log(provider, leaf)
    if isinstance(leaf, TimeoutError):
        return ProviderTimeout(provider, "the provider's code timed out")
    return ProviderUnavailable(provider, f"the provider's code raised {type(leaf).__name__}")


async def guarded(provider: str, items: AsyncGenerator[T]) -> AsyncGenerator[T]:
    """Yield the items of a provider's generator; exceptions of the receiver are not the provider's."""
    async with _closing(provider, items):
        while True:
            with provider_code(provider):
                try:
                    item = await anext(items)
                except StopAsyncIteration:
                    return
            yield item


@asynccontextmanager
async def guarded_context(provider: str, manager: AbstractAsyncContextManager[T]) -> AsyncIterator[T]:
    """Enter a provider's context manager; exceptions of the block are not the provider's."""
    with provider_code(provider):
        value = await manager.__aenter__()
    try:
        yield value
    except BaseException as error:
        if not await _exit(provider, manager, error):
            raise
    else:
        with provider_code(provider):
            await manager.__aexit__(None, None, None)


async def _exit(provider: str, manager: AbstractAsyncContextManager[T], error: BaseException) -> bool:
    """Exit with the block's exception, which matters more than one that the provider raises then."""
    try:
        return bool(await manager.__aexit__(type(error), error, error.__traceback__))
    except Exception as raised:
        # As above.
        if raised is error or set(flatten_group(error)) & set(flatten_group(raised)):
            raise
        _log(provider, raised)
        return False


@asynccontextmanager
async def _closing(provider: str, items: AsyncGenerator[T]) -> AsyncIterator[None]:
    async with guarded_context(provider, aclosing(items)):
        yield


def _is_not_the_providers(error: BaseException) -> bool:
    own = isinstance(error, ParleyError) and not isinstance(error, ProviderError | ConfigError)
    return own or isinstance(error, MemoryError) or not isinstance(error, Exception)


def _log(provider: str, error: BaseException) -> None:
    """Log where the exception came from, without its text and variables, which may be personal."""
    frames = traceback.extract_tb(error.__traceback__)[-_LOGGED_FRAMES:]
    log.error(
        "provider_code_failed",
        provider=provider,
        error=type(error).__name__,
        where=[f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames],
    )
