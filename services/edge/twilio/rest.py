"""Twilio's REST API through its SDK: place calls, give them other TwiML, end them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import stamina
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from parley.errors import (
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from services.edge.settings import EdgeSettings
from services.edge.twilio.twiml import PublicUrls

_PROVIDER = "twilio"
_TIMEOUT_S = 5.0
_NOT_IN_PROGRESS = 21220
_STATUS_EVENTS = ["initiated", "ringing", "answered", "completed"]


class TwilioRest:
    """One client for the whole process."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def place_call(self, *, to: str, from_: str, agent_query: str, urls: PublicUrls) -> str:
        """Place a call; gives its CallSid.

        Raises:
            ProviderError: refused, busy, late or broken.
        """
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                call = await self._client.calls.create_async(
                    to=to,
                    from_=from_,
                    url=f"{urls.base}/voice{agent_query}",
                    fallback_url=f"{urls.base}/fallback",
                    status_callback=urls.status,
                    status_callback_event=_STATUS_EVENTS,
                )
        except Exception as error:  # what the SDK raises has no common root
            raise _meaning(error) from error
        return str(call.sid)

    async def redirect(self, call_sid: str, twiml: str) -> bool:
        """Have a live call follow other TwiML; False when it is not in progress any more.

        Raises:
            ProviderError: it could not be told after three tries.
        """
        async for attempt in stamina.retry_context(
            on=_worth_retrying, attempts=3, wait_initial=0.1, wait_jitter=0.1
        ):
            with attempt:
                return await self._update(call_sid, twiml=twiml)
        return False

    async def start_stream(self, call_sid: str, url: str, name: str) -> None:
        """Send the caller's sound to another address (wss) as well; the name must be new in the call.

        Raises:
            ProviderError: refused, busy, late or broken.
        """
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                await self._client.calls(call_sid).streams.create_async(url=url, name=name)
        except Exception as error:  # as above
            raise _meaning(error) from error

    async def hang_up(self, call_sid: str) -> None:
        """End a call; one that has ended already is fine.

        Raises:
            ProviderError: it could not be ended after three tries.
        """
        async for attempt in _tries():
            with attempt:
                await self._update(call_sid, status="completed")

    async def _update(self, call_sid: str, **wish: str) -> bool:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                await self._client.calls(call_sid).update_async(**wish)
        except TwilioRestException as error:
            if error.code != _NOT_IN_PROGRESS:
                raise _meaning(error) from error
            return False
        except Exception as error:  # as above
            raise _meaning(error) from error
        return True


def _tries() -> AsyncIterator[stamina.Attempt]:
    return stamina.retry_context(on=_worth_retrying, attempts=3, wait_initial=0.1, wait_jitter=0.1)


def _worth_retrying(error: Exception) -> bool:
    return isinstance(error, ProviderError) and error.retryable


def _meaning(error: Exception) -> ProviderError:
    match error:
        case TimeoutError():
            return ProviderTimeout(_PROVIDER, f"no answer within {_TIMEOUT_S:g} s")
        case TwilioRestException(status=429):
            return ProviderRateLimited(_PROVIDER, "429: too many requests")
        case TwilioRestException(status=status) if status < 500:
            return ProviderRejected(_PROVIDER, f"HTTP {status}, code {error.code}: {error.msg}")
        case TwilioRestException() | TwilioServiceException():
            return ProviderUnavailable(_PROVIDER, f"HTTP {getattr(error, 'status', '?')}")
        case aiohttp.ClientError():
            return ProviderUnavailable(_PROVIDER, f"connection: {type(error).__name__}")
        case _:
            return ProviderUnavailable(_PROVIDER, type(error).__name__)


@asynccontextmanager
async def open_twilio(settings: EdgeSettings) -> AsyncIterator[TwilioRest]:
    """A client; without an account it is opened too, and each request is refused by the provider."""
    http = AsyncTwilioHttpClient()
    account = settings.twilio_account_sid or "AC" + "0" * 32
    client = Client(account, settings.twilio_auth_token.get_secret_value() or "missing", http_client=http)
    if settings.twilio_url:
        client.api.base_url = settings.twilio_url.rstrip("/")
    try:
        yield TwilioRest(client)
    finally:
        await http.close()
