"""Which transcriber is asked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import pytest
from pydantic import ValidationError

from parley.agent_config import SttConfig
from parley.circuit_breaker import CircuitBreakers
from parley.errors import ProviderError, ProviderRejected, ProviderUnavailable
from parley.providers.stt import SttConnection
from services.stt.model_selector import ModelSelector

TWO = SttConfig(model="nova-3", fallbacks=({"model": "nova-2"},))


class Provider:
    """Fails as it was told, at the opening or later."""

    def __init__(self, failures: dict[str, ProviderError], *, later: bool = False) -> None:
        self.asked: list[str] = []
        self._failures = failures
        self._later = later

    @asynccontextmanager
    async def open(self, hearing: SttConfig) -> AsyncIterator[SttConnection]:
        """A socket."""
        self.asked.append(hearing.model)
        failure = self._failures.get(hearing.model)
        if failure is not None and not self._later:
            raise failure
        yield cast("SttConnection", self)
        if failure is not None:
            raise ExceptionGroup("talk", [failure])


async def tries(
    provider: Provider, breakers: CircuitBreakers, times: int, hearing: SttConfig = TWO
) -> list[str]:
    """Who is asked when one call opens a socket so many times."""
    choice = ModelSelector(provider.open, hearing, breakers)
    for _ in range(times):
        try:
            async with choice.open():
                pass
        except* ProviderError:
            pass
    return provider.asked


@pytest.mark.parametrize("later", [False, True])
async def test_after_a_failure_another_is_asked(later: bool) -> None:
    """The caller waits; when both fail, they take turns."""
    broken = ProviderUnavailable("deepgram", "x")
    provider = Provider({"nova-3": broken}, later=later)
    both = Provider({"nova-3": broken, "nova-2": broken}, later=later)

    assert await tries(provider, CircuitBreakers(), 2) == ["nova-3", "nova-2"]
    assert await tries(both, CircuitBreakers(), 4) == ["nova-3", "nova-2"] * 2


async def test_after_three_failures_all_calls_leave_it_alone() -> None:
    """For a while; so that the next call does not pay again."""
    provider, breakers = Provider({"nova-3": ProviderUnavailable("deepgram", "x")}), CircuitBreakers()
    for _ in range(3):
        await tries(provider, breakers, 1)

    assert await tries(provider, breakers, 1) == ["nova-3"] * 3 + ["nova-2"]


async def test_a_refusal_is_enough() -> None:
    """And with nobody else left the first is asked all the same."""
    refusing = Provider({"nova-3": ProviderRejected("deepgram", "x")})

    assert await tries(refusing, CircuitBreakers(), 2) == ["nova-3", "nova-2"]
    assert await tries(
        Provider({"nova-3": ProviderRejected("deepgram", "x")}), CircuitBreakers(), 2, SttConfig()
    ) == [
        "nova-3",
        "nova-3",
    ]


def test_all_must_end_turns_in_the_same_way() -> None:
    """A Flux model decides on turns alone; a call cannot change from one kind to the other."""
    with pytest.raises(ValidationError, match="flux"):
        SttConfig(model="nova-3", fallbacks=({"model": "flux-general-en"},))
