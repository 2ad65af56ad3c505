"""Tests of the REST client: retries and errors."""

from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import pytest
import stamina
from twilio.base.exceptions import TwilioRestException

from parley.errors import (
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from services.edge.twilio.rest import TwilioRest


class FakeClient:
    """An SDK client: its requests raise the given errors, one each, and then succeed."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.requests: list[dict[str, str]] = []

    @property
    def calls(self) -> Callable[[str], "FakeClient"]:
        """The resource of any call."""
        return lambda _sid: self

    @property
    def streams(self) -> "FakeClient":
        """The streams of the call."""
        return self

    async def update_async(self, **changes: str) -> None:
        """Record a request, or fail."""
        self.requests.append(changes)
        if self.errors:
            raise self.errors.pop(0)

    create_async = update_async


def rest_of(client: FakeClient) -> TwilioRest:
    """The client under test."""
    sdk: Any = client
    return TwilioRest(sdk)


def http_error(status: int, code: int | None = None) -> TwilioRestException:
    return TwilioRestException(status, "/Calls", "message", code)


@pytest.fixture(autouse=True)
def without_waits() -> Iterator[None]:
    """Makes retries immediate."""
    stamina.set_testing(True, attempts=3)
    yield
    stamina.set_testing(False)


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (TimeoutError(), ProviderTimeout),
        (http_error(429), ProviderRateLimited),
        (http_error(403), ProviderRejected),
        (http_error(503), ProviderUnavailable),
        (aiohttp.ClientConnectionError(), ProviderUnavailable),
        (KeyError("sid"), ProviderUnavailable),
    ],
)
async def test_every_failure_is_a_provider_error(raised: Exception, expected: type[ProviderError]) -> None:
    """The SDK's exceptions have no common base class."""
    with pytest.raises(expected):
        await rest_of(FakeClient(raised)).start_stream("CA1", "wss://example.com", "name")


async def test_a_failed_hang_up_is_retried() -> None:
    """The third attempt succeeds."""
    client = FakeClient(http_error(500), http_error(429))
    await rest_of(client).hang_up("CA1")

    assert client.requests == [{"status": "completed"}] * 3


async def test_a_rejected_request_is_not_retried() -> None:
    """A retry cannot succeed."""
    client = FakeClient(http_error(401))
    with pytest.raises(ProviderRejected):
        await rest_of(client).redirect("CA1", "<Response/>")

    assert len(client.requests) == 1


async def test_a_call_that_has_ended_is_not_an_error() -> None:
    """Twilio's code 21220 means that the call is not in progress."""
    await rest_of(FakeClient(http_error(400, 21220))).hang_up("CA1")

    assert not await rest_of(FakeClient(http_error(400, 21220))).redirect("CA1", "<Response/>")
    assert await rest_of(FakeClient()).redirect("CA1", "<Response/>")


async def test_phone_numbers_are_not_in_errors() -> None:
    """Errors are logged, so they must not contain personal data."""
    raised = TwilioRestException(400, "/Calls", "Invalid 'To' Phone Number: +15550100001", 21211)
    with pytest.raises(ProviderRejected) as error:
        await rest_of(FakeClient(raised)).start_stream("CA1", "wss://example.com", "name")

    assert error.value.reason == "HTTP 400, code 21211: Invalid 'To' Phone Number: ***"
