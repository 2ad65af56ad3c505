"""The REST clients of all accounts whose calls an edge answers."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from services.edge.twilio.rest import TwilioRest
from services.edge.twilio_account import NO_ACCOUNT_SID, TwilioAccount

_NO_ACCOUNT = TwilioAccount.model_validate({"account_sid": NO_ACCOUNT_SID, "auth_token": "missing"})
"""The account of the main client if no other is configured."""


class TwilioAccounts:
    """A client for each account and region."""

    def __init__(self, accounts: Sequence[TwilioAccount], http: AsyncTwilioHttpClient) -> None:
        accounts = accounts or (_NO_ACCOUNT,)
        # The first entry of an account has its current token.
        self._clients = {account.key: TwilioRest(_client(account, http)) for account in reversed(accounts)}
        self.main = self._clients[accounts[0].key]
        """The client of the first account, which places calls."""

    def of(self, account_sid: str, region: str) -> TwilioRest:
        """The client of an account in a region; the main one if they are not configured."""
        return self._clients.get((account_sid, region), self.main)


def _client(account: TwilioAccount, http: AsyncTwilioHttpClient) -> Client:
    client = Client(
        account.account_sid,
        account.auth_token.get_secret_value(),
        region=account.region or None,
        edge=account.edge or None,
        http_client=http,
        # Otherwise the SDK reads a region from the environment and adds it to any host name.
        environment={},
    )
    if account.url:
        client.api.base_url = account.url.rstrip("/")
        client.region = client.edge = None
    return client


@asynccontextmanager
async def open_twilio(accounts: Sequence[TwilioAccount]) -> AsyncIterator[TwilioAccounts]:
    """Open a client for each account."""
    http = AsyncTwilioHttpClient()
    try:
        yield TwilioAccounts(accounts, http)
    finally:
        await http.close()
