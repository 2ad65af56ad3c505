"""Calls Twilio's REST API through its SDK: creates, redirects and ends calls."""

import asyncio
from http import HTTPStatus
from math import ceil

import aiohttp
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from parley.errors import ProviderError, ProviderRejected, ProviderTimeout, ProviderUnavailable
from services.edge.twilio.rest_errors import TIMEOUT_S, attempts, provider_error
from services.edge.twilio.telephony_rest import TelephonyRest
from services.edge.twilio.twiml import PublicUrls

_NOT_IN_PROGRESS = 21220
_NOT_FOUND_STATUS = 404
NOT_FOUND = "not-found"
"""Status of a call that Twilio does not have."""
_MAX_TIME_LIMIT_S = 24 * 3600
"""Twilio's maximum of TimeLimit."""
_DOWNLOAD_TIMEOUT_S = 20.0
_MAX_MP3_BYTES = 1_000_000
"""Below NATS' limit of 1 MiB for a message; two minutes at Twilio's 32 kbit/s are 480 KB."""
_STATUS_EVENTS = ["initiated", "ringing", "answered", "completed"]


class TwilioRest:
    """The client of one account."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.telephony = TelephonyRest(client)
        """Transfers and text messages."""

    async def place_call(
        self, *, to: str, from_: str, agent_query: str, urls: PublicUrls, max_s: float
    ) -> str:
        """Place a call, which Twilio ends `max_s` after it was answered; returns its CallSid.

        Raises:
            ProviderError: the request was rejected, rate limited, late or failed.
        """
        try:
            async with asyncio.timeout(TIMEOUT_S):
                call = await self._client.calls.create_async(
                    to=to,
                    from_=from_,
                    url=f"{urls.base}/voice{agent_query}",
                    fallback_url=f"{urls.base}/fallback",
                    status_callback=urls.status,
                    status_callback_event=_STATUS_EVENTS,
                    time_limit=min(ceil(max_s), _MAX_TIME_LIMIT_S),
                )
        except Exception as error:  # the SDK's exceptions have no common base class
            raise provider_error(error) from error
        return str(call.sid)

    async def call_status(self, call_sid: str) -> str:
        """Twilio's status of a call, such as `in-progress` or `completed`; NOT_FOUND if it has no such call.

        Raises:
            ProviderError: the request was rejected, rate limited, late or failed.
        """
        try:
            async with asyncio.timeout(TIMEOUT_S):
                call = await self._client.calls(call_sid).fetch_async()
        except TwilioRestException as error:
            if error.status != _NOT_FOUND_STATUS:
                raise provider_error(error) from error
            return NOT_FOUND
        except Exception as error:  # as above
            raise provider_error(error) from error
        return str(call.status)

    async def redirect(self, call_sid: str, twiml: str) -> bool:
        """Give a live call new TwiML; False if it is no longer in progress.

        Raises:
            ProviderError: three attempts failed, or one was rejected.
        """
        async for attempt in attempts():
            with attempt:
                return await self._update(call_sid, twiml=twiml)
        return False

    async def redirect_once(self, call_sid: str, twiml: str) -> bool:
        """Give a live call new TwiML, without a second attempt; False if it is no longer in progress.

        Raises:
            ProviderError: the request was rejected, late or failed; the last two may have taken effect.
        """
        return await self._update(call_sid, twiml=twiml)

    async def start_stream(self, call_sid: str, url: str, name: str) -> None:
        """Send the caller's audio to another wss address as well; the name must be unique in the call.

        Raises:
            ProviderError: the request was rejected, rate limited, late or failed.
        """
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await self._client.calls(call_sid).streams.create_async(url=url, name=name)
        except Exception as error:  # as above
            raise provider_error(error) from error

    async def hang_up(self, call_sid: str) -> None:
        """End a call; no error if it has ended already.

        Raises:
            ProviderError: three attempts failed, or one was rejected.
        """
        async for attempt in attempts():
            with attempt:
                await self._update(call_sid, status="completed")

    async def recording_mp3(self, recording_sid: str) -> bytes:
        """The audio of a recording as MP3; Twilio has none for some seconds after its end.

        Raises:
            ProviderError: it is not available yet or never, or is too long for the bus.
        """
        client = self._client
        url = f"{client.api.base_url}/2010-04-01/Accounts/{client.account_sid}/Recordings/{recording_sid}.mp3"
        credentials = aiohttp.BasicAuth(client.username, client.password)
        try:
            async with (
                asyncio.timeout(_DOWNLOAD_TIMEOUT_S),
                aiohttp.ClientSession(auth=credentials, trust_env=True) as session,
                session.get(client.get_hostname(url)) as reply,
            ):
                if reply.status != HTTPStatus.OK:
                    raise _download_error(reply.status)
                mp3 = await reply.content.read(_MAX_MP3_BYTES + 1)
                while len(mp3) <= _MAX_MP3_BYTES and not reply.content.at_eof():
                    mp3 += await reply.content.read(_MAX_MP3_BYTES + 1 - len(mp3))
        except TimeoutError:
            raise ProviderTimeout("twilio", f"no recording within {_DOWNLOAD_TIMEOUT_S:g} s") from None
        except aiohttp.ClientError as error:
            raise provider_error(error) from error
        if len(mp3) > _MAX_MP3_BYTES:
            raise ProviderRejected("twilio", f"the recording is larger than {_MAX_MP3_BYTES} bytes")
        return mp3

    async def _update(self, call_sid: str, **changes: str) -> bool:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await self._client.calls(call_sid).update_async(**changes)
        except TwilioRestException as error:
            if error.code != _NOT_IN_PROGRESS:
                raise provider_error(error) from error
            return False
        except Exception as error:  # as above
            raise provider_error(error) from error
        return True


def _download_error(status: int) -> ProviderError:
    """A recording is missing (404) until Twilio has processed it, so that this status is repeated too."""
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return ProviderRejected("twilio", f"HTTP {status} for a recording: check the account's auth token")
    return ProviderUnavailable("twilio", f"HTTP {status} for a recording")
