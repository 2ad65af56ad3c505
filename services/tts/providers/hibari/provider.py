"""The entry point `hibari`: the voices of a process."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from parley.agent_config import TtsConfig
from parley.audio.formats import AudioFormat
from parley.errors import ConfigError, ProviderRejected
from parley.providers.pool import ProviderPool, on_demand_pool
from parley.providers.registry import ProviderContext, ProviderPlugin
from parley.settings import read_settings
from services.tts.providers.clause_requests import ClauseStream
from services.tts.providers.hibari.facts import FACTS
from services.tts.providers.hibari.options import (
    DEFAULT_VOICE,
    HibariOptions,
    check_section,
    is_british,
    voice_of,
)
from services.tts.providers.hibari.synthesizer import Synthesizer
from services.tts.providers.hibari.voice import PROVIDER, SAMPLE_RATE_HZ, load_voice
from services.tts.providers.hibari.voice_files import find_voice
from services.tts.settings import HibariSettings

_PACKAGED = f"{DEFAULT_VOICE}  0"
AUDIO_FORMAT = AudioFormat("pcm_s16le", SAMPLE_RATE_HZ)


class HibariConnection:
    """One call's access to a voice."""

    def __init__(self, synthesizer: Synthesizer, speed: float) -> None:
        self._synthesizer = synthesizer
        self._speed = speed

    @asynccontextmanager
    async def open_stream(self, reply_id: str) -> AsyncIterator[ClauseStream]:  # noqa: ARG002 - nothing is shared
        """Begin a reply; the sentence that is being synthesized when it is left is dropped."""
        yield ClauseStream(PROVIDER, partial(self._synthesizer.sentences, speed=self._speed), warm=True)


class HibariProvider:
    """The voices of a process; each is loaded when the first agent names it."""

    def __init__(self, packaged: Synthesizer | None, voices: ProviderPool[Synthesizer]) -> None:
        self._packaged = packaged
        self._voices = voices

    @asynccontextmanager
    async def connect(self, config: TtsConfig, call_sid: str) -> AsyncIterator[HibariConnection]:  # noqa: ARG002
        """Prepare for one call.

        Raises:
            ProviderRejected: the voice cannot be loaded, or does not speak the language.
        """
        options = HibariOptions.model_validate(config.options)
        try:
            check_section(config)
            key = f"{voice_of(config)} {options.sha256} {is_british(config):d}"
            synthesizer = (
                self._packaged if key == _PACKAGED and self._packaged else await self._voices.get(key)
            )
        except ConfigError as error:
            raise ProviderRejected(PROVIDER, str(error)) from None
        yield HibariConnection(synthesizer, config.speed)


@asynccontextmanager
async def _open(context: ProviderContext) -> AsyncIterator[HibariProvider]:  # noqa: ARG001 - the type of the seam
    settings = read_settings(HibariSettings)
    async with AsyncExitStack() as stack:
        executor = ThreadPoolExecutor(settings.hibari_threads, PROVIDER)
        stack.push_async_callback(asyncio.to_thread, executor.shutdown, wait=True, cancel_futures=True)

        @asynccontextmanager
        async def load(key: str) -> AsyncIterator[Synthesizer]:
            name, sha256, british = key.split(" ")
            path = await asyncio.to_thread(find_voice, name, settings.hibari_voices_dir, sha256)
            voice = await asyncio.to_thread(load_voice, path, british=british == "1")
            yield Synthesizer(voice, executor)

        packaged = None
        if not settings.hibari_voices_dir:
            # Before the first call, so that a missing package ends the process that needs it.
            packaged = await stack.enter_async_context(load(_PACKAGED))
        voices = await stack.enter_async_context(on_demand_pool(load))
        yield HibariProvider(packaged, voices)


PLUGIN = ProviderPlugin(
    _open,
    options=HibariOptions,
    check=check_section,
    audio_format=lambda _section: AUDIO_FORMAT,
    facts=FACTS,
)
"""Entry point `hibari`."""
