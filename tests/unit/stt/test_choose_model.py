"""Which transcriber is asked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import pytest
from pydantic import ValidationError

from parley.agent import Hearing
from parley.breaker import Breakers
from parley.errors import VendorBroken, VendorError, VendorRefused
from services.stt.choose_model import ModelChoice
from services.stt.vendors import Connection

TWO = Hearing(model="nova-3", other_models=("nova-2",))


class Vendor:
    """Fails as it was told, at the opening or later."""

    def __init__(self, failures: dict[str, VendorError], *, later: bool = False) -> None:
        self.asked: list[str] = []
        self._failures = failures
        self._later = later

    @asynccontextmanager
    async def open(self, hearing: Hearing) -> AsyncIterator[Connection]:
        """A socket."""
        self.asked.append(hearing.model)
        failure = self._failures.get(hearing.model)
        if failure is not None and not self._later:
            raise failure
        yield cast("Connection", self)
        if failure is not None:
            raise ExceptionGroup("talk", [failure])


async def tries(vendor: Vendor, breakers: Breakers, times: int, hearing: Hearing = TWO) -> list[str]:
    """Who is asked when one call opens a socket so many times."""
    choice = ModelChoice(vendor.open, hearing, breakers)
    for _ in range(times):
        try:
            async with choice.open():
                pass
        except* VendorError:
            pass
    return vendor.asked


@pytest.mark.parametrize("later", [False, True])
async def test_after_a_failure_another_is_asked(later: bool) -> None:
    """The caller waits; when both fail, they take turns."""
    broken = VendorBroken("deepgram", "x")
    vendor = Vendor({"nova-3": broken}, later=later)
    both = Vendor({"nova-3": broken, "nova-2": broken}, later=later)

    assert await tries(vendor, Breakers(), 2) == ["nova-3", "nova-2"]
    assert await tries(both, Breakers(), 4) == ["nova-3", "nova-2"] * 2


async def test_after_three_failures_all_calls_leave_it_alone() -> None:
    """For a while; so that the next call does not pay again."""
    vendor, breakers = Vendor({"nova-3": VendorBroken("deepgram", "x")}), Breakers()
    for _ in range(3):
        await tries(vendor, breakers, 1)

    assert await tries(vendor, breakers, 1) == ["nova-3"] * 3 + ["nova-2"]


async def test_a_refusal_is_enough() -> None:
    """And with nobody else left the first is asked all the same."""
    refusing = Vendor({"nova-3": VendorRefused("deepgram", "x")})

    assert await tries(refusing, Breakers(), 2) == ["nova-3", "nova-2"]
    assert await tries(Vendor({"nova-3": VendorRefused("deepgram", "x")}), Breakers(), 2, Hearing()) == [
        "nova-3",
        "nova-3",
    ]


def test_all_must_end_turns_in_the_same_way() -> None:
    """A Flux model decides on turns alone; a call cannot change from one kind to the other."""
    with pytest.raises(ValidationError, match="flux"):
        Hearing(model="nova-3", other_models=("flux-general-en",))
