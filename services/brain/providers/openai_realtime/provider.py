"""Opens the provider `openai` of `mode: realtime`, which is its entry point."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from parley.agent_config import RealtimeConfig
from parley.providers.realtime import SessionSetup
from parley.providers.registry import ProviderContext, ProviderPlugin
from parley.settings import read_settings
from services.brain.providers.openai.servers import NO_KEY, OPENAI_URL
from services.brain.providers.openai_realtime.connection import OpenAIRealtimeConnection, open_session
from services.brain.providers.openai_realtime.facts import FACTS
from services.brain.providers.openai_realtime.section_check import check_section
from services.brain.settings import BrainSettings


class OpenAIRealtime:
    """OpenAI's Realtime API for all calls of a process; each session has a WebSocket of its own."""

    def __init__(self, settings: BrainSettings) -> None:
        # Without a key each session fails with an error that names OPENAI_API_KEY.
        self._key = settings.openai_api_key.get_secret_value() or NO_KEY
        self._base_url = settings.openai_base_url or OPENAI_URL

    def connect(
        self, config: RealtimeConfig, setup: SessionSetup
    ) -> AbstractAsyncContextManager[OpenAIRealtimeConnection]:
        """Open a session of one call."""
        return open_session(self._base_url, self._key, config, setup)


@asynccontextmanager
async def _open(_context: ProviderContext) -> AsyncIterator[OpenAIRealtime]:
    yield OpenAIRealtime(read_settings(BrainSettings))


PLUGIN = ProviderPlugin(_open, check=check_section, facts=FACTS)
"""Entry point `openai`."""
