"""The polling helper of the tests returns a true value and explains a time-out."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.eventually import eventually


async def test_the_first_true_value_is_returned() -> None:
    """A plain condition is called until its result is true."""
    values = iter([0, "", 7, 8])
    assert await eventually(lambda: next(values), interval_s=0) == 7


async def test_a_condition_may_be_async() -> None:
    """Its result is awaited."""
    values = iter([None, [1]])

    async def read() -> list[int] | None:
        return next(values)

    assert await eventually(read, interval_s=0) == [1]


async def test_a_time_out_shows_the_last_value() -> None:
    """The assertion error contains the last value."""
    with pytest.raises(AssertionError, match=r"within 0.01 s; last: \[\]"):
        await eventually(list, timeout_s=0.01, interval_s=0)


async def test_a_condition_that_hangs_is_cut_off() -> None:
    """The time-out covers the condition itself."""
    with pytest.raises(AssertionError, match="did not return"):
        await eventually(asyncio.Event().wait, timeout_s=0.01)


async def test_named_exceptions_are_retried_and_others_are_raised() -> None:
    """A refused connection may be a server that still starts."""
    answers: Iterator[str | Exception] = iter([ConnectionError("refused"), "up"])

    def connect() -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert await eventually(connect, interval_s=0, retry_on=OSError) == "up"
    with pytest.raises(ZeroDivisionError):
        await eventually(lambda: 1 / 0, retry_on=OSError)
