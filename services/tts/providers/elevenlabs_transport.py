"""ElevenLabs via one warm WebSocket per call, which is replaced whenever it is lost."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parley.agent_config import TtsConfig
from parley.errors import ProviderError, ProviderTimeout, ProviderUnavailable
from services.tts.providers import elevenlabs_wire as wire
from services.tts.providers.elevenlabs_account import ElevenLabsAccount
from services.tts.providers.elevenlabs_context import Context
from services.tts.providers.elevenlabs_errors import PROVIDER
from services.tts.providers.elevenlabs_parameters import RequestParameters
from services.tts.providers.elevenlabs_socket import ElevenLabsConnection, open_connection
from services.tts.providers.sockets.warm_connection import RequestChanged, WarmConnection

_CONTEXT_TIMEOUT_S = 0.3


class WebSocketTransport:
    """A TtsConnection; `maintain` must be running while it is used."""

    def __init__(self, account: ElevenLabsAccount, config: TtsConfig, call_sid: str) -> None:
        self._account = account
        self._settings = account.settings
        self._config = config
        self._call_sid = call_sid
        self._context_count = 0
        self._connection = WarmConnection(PROVIDER, self._connect, account.connect_limit)

    @asynccontextmanager
    async def open_stream(self, reply_id: str) -> AsyncIterator[Context]:
        """Begin a reply in its own context.

        Raises:
            ProviderError: no connection opens in time.
        """
        connection = await self._connection.get()
        self._context_count += 1
        # Unique within the call: audio of an earlier attempt must not be mistaken for this one's.
        context_id = f"{self._call_sid}.{reply_id}.{self._context_count}"
        try:
            async with connection.context(context_id, timeout_s=_CONTEXT_TIMEOUT_S) as context:
                yield context
        except ProviderTimeout as error:
            # A connection that timed out once is replaced.
            connection.fail(error)
            raise

    async def maintain(self) -> None:
        """Keep a connection open, and open the next one when it is lost; runs until cancelled."""
        await self._connection.maintain()

    async def _connect(self) -> ElevenLabsConnection:
        parameters = await self._account.parameters(self._config)
        url = wire.socket_url(self._settings.elevenlabs_url, parameters)
        key = self._settings.elevenlabs_api_key.get_secret_value()
        try:
            connection = await open_connection(
                url, key, parameters, self._account.connect_limit(), self._settings.tts_keep_alive_s
            )
        except ProviderError as refusal:
            if self._account.adapt(self._config, parameters, refusal):
                raise RequestChanged(refusal) from refusal
            raise
        connection.replace_error = lambda error: self._replaced(parameters, error)
        return connection

    def _replaced(self, parameters: RequestParameters, error: ProviderError) -> ProviderError:
        """The error for the replies of a connection; one that the next connection avoids is worth a retry."""
        if not self._account.adapt(self._config, parameters, error):
            return error
        return ProviderUnavailable(PROVIDER, f"{error.reason}; the next request is changed")
