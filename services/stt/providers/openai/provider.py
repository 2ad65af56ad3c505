"""The entry point `openai`: transcription sessions of the Realtime API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parley.agent_config import SttConfig
from parley.errors import ConfigError, ProviderRejected
from parley.providers.connect_limit import connect_limit
from parley.providers.latency_limits import LatencyLimits
from parley.providers.registry import ProviderContext, ProviderPlugin
from parley.settings import read_settings
from services.stt.providers.openai.commits import CommitPolicy
from services.stt.providers.openai.connection import OpenAITranscription
from services.stt.providers.openai.errors import PROVIDER
from services.stt.providers.openai.facts import FACTS
from services.stt.providers.openai.options import (
    LAG_MS,
    OpenAISttOptions,
    check_section,
    options_of,
    session_update,
)
from services.stt.providers.openai.socket import Address, TranscriptionSocket, open_socket
from services.stt.settings import OpenAISttSettings

_DEFAULT_URL = "https://api.openai.com/v1"
_MIN_PAUSE_MS = 200
"""Shorter pauses are within words, and a commit would cut a word in two."""
_CONNECT_CEILING_FACTOR = 2.0
"""Ceiling of the learned time limit for opening a session, as a multiple of the setting."""


class OpenAISttProvider:
    """The settings and time limits that all transcriptions of a process share."""

    def __init__(self, settings: OpenAISttSettings, limits: LatencyLimits) -> None:
        self._address = Address(
            realtime_url(settings.openai_base_url),
            settings.openai_api_key.get_secret_value().strip() or "missing",
        )
        self._connected = connect_limit(
            limits, PROVIDER, self._address.url, settings.stt_connect_timeout_s, _CONNECT_CEILING_FACTOR
        )

    def detects_turns(self, config: SttConfig) -> bool:  # noqa: ARG002 - the same for all models
        """False: the models have no turn detection."""
        return False

    def finalize_after_ms(self, config: SttConfig) -> int:
        """Silence after which the stage requests a final transcript.

        The stage's detector is better than loudness, and a transcript takes about 0.6 s from its request: an
        early one costs nothing if the caller continues.
        """
        return max(config.endpointing_ms, _MIN_PAUSE_MS)

    @asynccontextmanager
    async def connect(self, config: SttConfig, call_sid: str) -> AsyncIterator[OpenAITranscription]:
        """Open a session for one call.

        Raises:
            ProviderError: OpenAI rejected it, was busy, or did not answer in time.
        """
        try:
            check_section(config)
        except ConfigError as error:
            raise ProviderRejected(PROVIDER, str(error)) from None
        setup = session_update(config)

        async def open_next() -> TranscriptionSocket:
            return await open_socket(self._address, call_sid, setup, self._connected)

        socket = await open_next()
        policy = CommitPolicy(config.utterance_end_ms, LAG_MS[options_of(config).delay])
        transcription = OpenAITranscription(socket, policy, self.finalize_after_ms(config), open_next)
        try:
            yield transcription
        except BaseException:
            transcription.abort()
            raise
        finally:
            await transcription.close()


def realtime_url(base_url: str) -> str:
    """The address of transcription sessions at a server, or at OpenAI if `base_url` is empty."""
    base = (base_url or _DEFAULT_URL).rstrip("/")
    return f"{base.replace('http', 'ws', 1)}/realtime?intent=transcription"


@asynccontextmanager
async def _open(context: ProviderContext) -> AsyncIterator[OpenAISttProvider]:
    yield OpenAISttProvider(read_settings(OpenAISttSettings), context.limits)


PLUGIN = ProviderPlugin(_open, options=OpenAISttOptions, check=check_section, facts=FACTS)
"""Entry point `openai`."""
