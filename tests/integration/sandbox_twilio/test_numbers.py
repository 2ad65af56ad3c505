"""The REST API of the account and its numbers, through Twilio's own SDK."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from tests.eventually import eventually
from tests.integration.sandbox_twilio.twilio_emulator import ACCOUNT as SID
from tests.integration.sandbox_twilio.twilio_emulator import CONNECT, TwilioEmulator, open_twilio_emulator
from tests.integration.sandbox_twilio.web_application import TOKEN, WebApplication

# The SDK uses a deprecated part of aiohttp.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

OURS = "+15550100000"


@asynccontextmanager
async def open_account(token: str = TOKEN, **settings: Any) -> AsyncIterator[tuple[TwilioEmulator, Client]]:
    """The emulator and an SDK client for it, on free ports."""
    async with open_twilio_emulator(WebApplication({"/voice": CONNECT}), **settings) as emulator:
        http = AsyncTwilioHttpClient()
        client = Client(SID, token, http_client=http)
        client.api.base_url = emulator.url
        try:
            yield emulator, client
        finally:
            await http.close()


async def test_a_number_gets_new_webhooks_and_is_called_at_them() -> None:
    """The update is visible in the list, and the next call to the number requests the new URL."""
    async with open_account() as (emulator, client):
        [number] = await client.incoming_phone_numbers.list_async(phone_number=OURS)
        assert number.voice_url == f"{emulator.application.url}/voice"
        await client.incoming_phone_numbers(number.sid).update_async(
            voice_url=f"{emulator.application.url}/other?agent=clinic", voice_method="POST"
        )
        [after] = await client.incoming_phone_numbers.list_async()
        await emulator.client.post("/sandbox/calls", json={"from": "+15550100009", "to": OURS})

        assert after.voice_url.endswith("/other?agent=clinic")
        assert after.capabilities["voice"]
        await eventually(lambda: emulator.application.params_of("/other"))


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"voice_url": "example.com/voice"}, 21402),
        ({"voice_method": "PUT"}, 21403),
        ({"voice_url": "", "voice_fallback_url": "https://example.com/fallback"}, 21405),
        ({"trunk_sid": "nothing"}, 20001),
    ],
)
async def test_an_invalid_update_is_refused(fields: dict[str, str], code: int) -> None:
    """The error code is that of Twilio, and the number is unchanged."""
    async with open_account() as (_, client):
        [number] = await client.incoming_phone_numbers.list_async()
        with pytest.raises(TwilioRestException) as caught:
            await client.incoming_phone_numbers(number.sid).update_async(**fields)

        assert (caught.value.status, caught.value.code) == (400, code)
        [after] = await client.incoming_phone_numbers.list_async()
        assert after.voice_url == number.voice_url


async def test_a_trunk_replaces_the_application_of_a_number() -> None:
    """Only one of the two can be set, and an empty value removes it."""
    async with open_account() as (_, client):
        [number] = await client.incoming_phone_numbers.list_async()
        update = client.incoming_phone_numbers(number.sid).update_async
        await update(voice_application_sid="AP" + "1" * 32)
        trunk = await update(trunk_sid="TK" + "1" * 32)
        cleared = await update(trunk_sid="")

        assert (trunk.voice_application_sid, trunk.trunk_sid) == (None, "TK" + "1" * 32)
        assert cleared.trunk_sid is None


async def test_an_account_reports_its_status_credit_and_caller_ids() -> None:
    """These are settings of the emulator."""
    settings: dict[str, Any] = {
        "account_type": "Trial",
        "balance": "1.50",
        "verified_numbers": ("+15550100007",),
    }
    async with open_account(**settings) as (_, client):
        account = await client.api.accounts(SID).fetch_async()
        balance = await client.balance.fetch_async()
        [verified] = await client.outgoing_caller_ids.list_async()

        assert (account.status, account.type) == ("active", "Trial")
        assert (balance.balance, balance.currency) == ("1.50", "USD")
        assert verified.phone_number == "+15550100007"


async def test_a_suspended_account_can_only_be_read() -> None:
    """Other requests are refused."""
    async with open_account(account_status="suspended") as (_, client):
        account = await client.api.accounts(SID).fetch_async()
        with pytest.raises(TwilioException, match="20005"):
            await client.incoming_phone_numbers.list_async()

        assert account.status == "suspended"


async def test_another_token_is_refused() -> None:
    """The error is the one for a wrong pair of SID and token."""
    async with open_account(token="other") as (_, client):  # noqa: S106 - belongs to no account
        with pytest.raises(TwilioRestException) as caught:
            await client.api.accounts(SID).fetch_async()

        assert (caught.value.status, caught.value.code) == (401, 20003)
