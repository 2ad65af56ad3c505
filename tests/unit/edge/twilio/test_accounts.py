"""Tests of the REST clients of several accounts."""

from pydantic import SecretStr

from services.edge.twilio.accounts import TwilioAccounts, open_twilio
from services.edge.twilio.rest import TwilioRest
from services.edge.twilio_account import TwilioAccount

MAIN, SUB = "AC" + "1" * 32, "AC" + "2" * 32


def account(sid: str, token: str, region: str = "", edge: str = "", url: str = "") -> TwilioAccount:
    """An account."""
    return TwilioAccount(account_sid=sid, auth_token=SecretStr(token), region=region, edge=edge, url=url)


def host_of(rest: TwilioRest) -> str:
    """Where a client sends its requests."""
    client = rest._client
    return str(client.get_hostname(f"{client.api.base_url}/2010-04-01/Calls.json"))


async def test_each_call_has_the_client_of_its_account() -> None:
    """An account that is not configured gets the main client."""
    accounts = [account(MAIN, "a"), account(MAIN, "b", "ie1", "dublin"), account(SUB, "c")]
    async with open_twilio(accounts) as twilio:
        clients = [twilio.of(MAIN, ""), twilio.of(MAIN, "ie1"), twilio.of(SUB, "")]

        assert len(set(clients)) == 3
        assert twilio.of("AC" + "9" * 32, "") is twilio.main is clients[0]


async def test_a_region_has_its_own_host() -> None:
    """A configured address is used unchanged."""
    accounts = [
        account(MAIN, "a"),
        account(MAIN, "b", "ie1", "dublin"),
        account(SUB, "c", "au1", "sydney", "http://127.0.0.1:1"),
    ]
    async with open_twilio(accounts) as twilio:
        hosts = [host_of(twilio.of(*entry.key)) for entry in accounts]

    assert [host.partition("/2010")[0] for host in hosts] == [
        "https://api.twilio.com",
        "https://api.dublin.ie1.twilio.com",
        "http://127.0.0.1:1",
    ]


async def test_the_first_token_of_an_account_is_used() -> None:
    """The second one is the token before a rotation, with which requests may still be signed."""
    async with open_twilio([account(MAIN, "new"), account(MAIN, "old")]) as twilio:
        assert twilio.main._client.password == "new"  # noqa: S105 - the SDK's; no real token


async def test_without_an_account_requests_are_rejected_by_twilio() -> None:
    """There is always a main client."""
    async with open_twilio(()) as twilio:
        assert isinstance(twilio, TwilioAccounts)
        assert twilio.main is twilio.of("", "")
