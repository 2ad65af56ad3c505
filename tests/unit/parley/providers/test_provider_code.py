"""Exceptions of providers' code."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from parley.errors import (
    BusError,
    ConfigError,
    ProviderError,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
    Superseded,
)
from parley.providers.provider_code import guarded, guarded_context, provider_code

REJECTED = ProviderRejected("p", "no")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (KeyError("secret"), ProviderUnavailable),
        (RecursionError(), ProviderUnavailable),
        (TimeoutError(), ProviderTimeout),
        (ConfigError("setting"), ProviderRejected),
        (ExceptionGroup("", [KeyError(), ExceptionGroup("", [ValueError()])]), ProviderUnavailable),
        (ExceptionGroup("", [KeyError(), REJECTED]), ProviderRejected),
    ],
    ids=repr,
)
def test_an_exception_is_the_providers_failure(error: Exception, expected: type[ProviderError]) -> None:
    """Its text, which may be personal, is not part of the reason."""
    with pytest.raises(expected) as raised, provider_code("p"):
        raise error
    assert "secret" not in raised.value.reason


@pytest.mark.parametrize(
    "error",
    [
        REJECTED,
        BusError("gone"),
        Superseded("x"),
        MemoryError(),
        asyncio.CancelledError(),
        ExceptionGroup("", [REJECTED]),
        ExceptionGroup("", [KeyError(), BusError("gone")]),
        BaseExceptionGroup("", [KeyError(), asyncio.CancelledError()]),
    ],
    ids=repr,
)
def test_other_exceptions_are_unchanged(error: BaseException) -> None:
    """Exceptions of the stage, cancellations, and each ProviderError."""
    with pytest.raises(type(error)) as raised, provider_code("p"):
        raise error
    assert raised.value is error


async def test_a_generator_of_a_provider() -> None:
    """Its items before the exception arrive."""

    async def items() -> AsyncGenerator[int]:
        yield 1
        raise KeyError

    generator = guarded("p", items())
    assert await anext(generator) == 1
    with pytest.raises(ProviderUnavailable, match="KeyError"):
        await anext(generator)


async def test_exceptions_of_the_receiver_are_its_own() -> None:
    """A fault of the stage is not hidden as a failure of the provider."""
    closed = False

    async def items() -> AsyncGenerator[int]:
        nonlocal closed
        try:
            yield 1
        finally:
            closed = True

    generator = guarded("p", items())
    await anext(generator)
    with pytest.raises(KeyError):
        await generator.athrow(KeyError())
    assert closed


@asynccontextmanager
async def context(
    enter: BaseException | None = None, leave: BaseException | None = None
) -> AsyncIterator[str]:
    if enter:
        raise enter
    try:
        yield "value"
    finally:
        if leave:
            raise leave


async def use(manager: AbstractAsyncContextManager[str], error: BaseException | None = None) -> None:
    async with guarded_context("p", manager) as value:
        assert value == "value"
        if error:
            raise error


async def test_entering_and_leaving_a_context() -> None:
    """Either may fail."""
    await use(context())
    for manager in (context(enter=KeyError()), context(leave=KeyError())):
        with pytest.raises(ProviderUnavailable, match="KeyError"):
            await use(manager)


@pytest.mark.parametrize(
    "error", [ValueError("mine"), REJECTED, BusError("gone"), asyncio.CancelledError()], ids=repr
)
@pytest.mark.parametrize("leave", [None, KeyError()], ids=repr)
async def test_the_exception_of_the_block_matters_more(
    error: BaseException, leave: BaseException | None
) -> None:
    """Also if the provider fails when it is left."""
    with pytest.raises(type(error)) as raised:
        await use(context(leave=leave), error)
    assert raised.value is error


async def test_a_task_group_of_the_provider_around_the_block() -> None:
    """It wraps the block's exception in a group, which is passed on."""

    @asynccontextmanager
    async def grouped() -> AsyncIterator[str]:
        async with asyncio.TaskGroup():
            yield "value"

    with pytest.raises(ExceptionGroup) as raised:
        await use(grouped(), REJECTED)
    assert raised.value.exceptions == (REJECTED,)
