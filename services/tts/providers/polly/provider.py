"""The entry point `polly`.

The SDK is aiobotocore, botocore with an asynchronous transport: requests need no threads, and a reply that is
interrupted closes its connection at once. Polly's bidirectional stream (StartSpeechSynthesisStream) needs
HTTP/2, which AWS's SDK for Python has only for Python 3.12 and later.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from botocore.exceptions import BotoCoreError

from parley.agent_config import TtsConfig
from parley.errors import ConfigError
from parley.providers.registry import ProviderContext, ProviderPlugin
from parley.providers.tts import TtsConnection
from parley.settings import read_settings
from services.tts.providers.clause_requests import ClauseRequests
from services.tts.providers.polly.errors import configuration_error
from services.tts.providers.polly.facts import FACTS
from services.tts.providers.polly.models import PROVIDER, PollyOptions, check, text_support
from services.tts.providers.polly.synthesis import synthesize
from services.tts.settings import PollySettings

_MAX_CONNECTIONS = 200
_KEEP_ALIVE_S = 60.0
_READ_TIMEOUT_FACTOR = 3.0


class PollyProvider:
    """Polly's client for all calls of a process."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @asynccontextmanager
    async def connect(self, config: TtsConfig, call_sid: str) -> AsyncIterator[TtsConnection]:  # noqa: ARG002 - requests have no id
        """Prepare for one call."""
        yield ClauseRequests(PROVIDER, lambda: partial(synthesize, self._client, config))


@asynccontextmanager
async def open_client(settings: PollySettings) -> AsyncIterator[Any]:
    """Open Polly's client of the SDK.

    Raises:
        ConfigError: there are no credentials or no region, or AWS's own settings are wrong.
    """
    async with AsyncExitStack() as stack:
        try:
            client = await stack.enter_async_context(_client(settings))
            await _check_credentials(client)
        except BotoCoreError as error:
            raise configuration_error(error) from None
        yield client


@asynccontextmanager
async def _open(context: ProviderContext) -> AsyncIterator[PollyProvider]:  # noqa: ARG001 - the stage has the limits
    async with open_client(read_settings(PollySettings)) as client:
        yield PollyProvider(client)


def _client(settings: PollySettings) -> Any:
    config = AioConfig(
        connect_timeout=settings.tts_connect_timeout_s,
        read_timeout=settings.tts_first_audio_timeout_s * _READ_TIMEOUT_FACTOR,
        # The stage repeats requests, for all providers alike.
        retries={"total_max_attempts": 1},
        max_pool_connections=_MAX_CONNECTIONS,
        connector_args={"keepalive_timeout": _KEEP_ALIVE_S},
    )
    return AioSession().create_client(
        "polly", endpoint_url=settings.polly_url or None, config=config, **_explicit(settings)
    )


def _explicit(settings: PollySettings) -> Mapping[str, str]:
    """Region and keys of Parley's own settings; without them, the SDK looks for AWS's."""
    key_id, secret = settings.polly_access_key_id.strip(), settings.polly_secret_access_key.get_secret_value()
    if bool(key_id) != bool(secret.strip()):
        raise ConfigError(
            "PARLEY_POLLY_ACCESS_KEY_ID and PARLEY_POLLY_SECRET_ACCESS_KEY: set both or neither"
        )
    found = {"region_name": settings.polly_region}
    if key_id:
        found |= {"aws_access_key_id": key_id, "aws_secret_access_key": secret.strip()}
    return {name: value for name, value in found.items() if value}


async def _check_credentials(client: Any) -> None:
    """Find the credentials before the first call; a role may take a second to answer.

    Raises:
        ConfigError: no credentials were found.
    """
    credentials = client._request_signer._credentials  # noqa: SLF001 - there is no public way to a client's
    if credentials is None:
        raise ConfigError(
            "Amazon Polly: no AWS credentials: set PARLEY_POLLY_ACCESS_KEY_ID and "
            "PARLEY_POLLY_SECRET_ACCESS_KEY, AWS's own variables or AWS_PROFILE, or give the machine a role"
        )
    await credentials.get_frozen_credentials()


PLUGIN = ProviderPlugin(_open, options=PollyOptions, check=check, text_support=text_support, facts=FACTS)
"""Entry point `polly`."""
