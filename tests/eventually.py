"""Waits in a test until a condition holds that other tasks or processes bring about."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

T = TypeVar("T")


@overload
async def eventually(
    condition: Callable[[], Awaitable[T | None]],
    *,
    timeout_s: float = ...,
    interval_s: float = ...,
    retry_on: type[Exception] | tuple[type[Exception], ...] = ...,
) -> T: ...


@overload
async def eventually(
    condition: Callable[[], T | None],
    *,
    timeout_s: float = ...,
    interval_s: float = ...,
    retry_on: type[Exception] | tuple[type[Exception], ...] = ...,
) -> T: ...


async def eventually(
    condition: Callable[[], Any],
    *,
    timeout_s: float = 30.0,
    interval_s: float = 0.02,
    retry_on: type[Exception] | tuple[type[Exception], ...] = (),
) -> Any:
    """Poll a condition, plain or async, until its value is true, and return that value.

    An exception of `retry_on` counts as false. Raises AssertionError with the last value or exception when
    `timeout_s` has passed.
    """
    last: object = "the condition did not return"
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                try:
                    value = condition()
                    result = await value if inspect.isawaitable(value) else value
                except retry_on as error:
                    last = error
                else:
                    if result:
                        return result
                    last = result
                await asyncio.sleep(interval_s)
    except TimeoutError:
        raise AssertionError(f"not true within {timeout_s} s; last: {last!r}") from None
