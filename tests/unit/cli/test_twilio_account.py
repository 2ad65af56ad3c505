"""Tests of Twilio's account API."""

from typing import Any

import httpx

from cli.json_api import ApiError, JsonApi
from cli.twilio_account import TwilioAccount, account_error

SID = "AC" + "1" * 32


def account(client: httpx.AsyncClient) -> TwilioAccount:
    return TwilioAccount(JsonApi(client, "https://api.example", {}, (SID, "t")), SID)


async def test_all_pages_of_numbers_are_read() -> None:
    """Only the path of the next page is used, never its host."""
    path = f"/2010-04-01/Accounts/{SID}/IncomingPhoneNumbers.json"

    def respond(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params.get("Page", "0"))
        following = f"https://elsewhere.example{path}?PageSize=100&Page=1" if page == 0 else None
        numbers: list[Any] = [{"sid": f"PN{page}", "phone_number": f"+1555010000{page}"}, "odd"]
        assert request.url.host == "api.example"
        return httpx.Response(200, json={"incoming_phone_numbers": numbers, "next_page_uri": following})

    async with httpx.AsyncClient(transport=httpx.MockTransport(respond)) as client:
        found = await account(client).numbers()

    assert [number.phone_number for number in found] == ["+15550100000", "+15550100001"]
    assert found[0].voice_capable


async def test_the_account_is_read_without_its_token() -> None:
    """Twilio sends it with the account."""
    body = {"status": "active", "auth_token": "secret"}
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, json=body))
    async with httpx.AsyncClient(transport=transport) as client:
        assert await account(client).fetch() == {"status": "active"}


def test_a_wrong_pair_names_both_variables() -> None:
    """Either may be the wrong one."""
    text = account_error(ApiError(401, "HTTP 401: Authenticate", "20003"), "")

    assert "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN" in text
    assert "test credentials" in account_error(ApiError(403, "HTTP 403", "20008"), "")
