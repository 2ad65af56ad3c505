"""The entry point `whisper`: one model for all calls of a process."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from parley.agent_config import SttConfig
from parley.errors import ConfigError, ProviderRateLimited, ProviderRejected
from parley.language_codes import code_among
from parley.providers.pool import ProviderPool, on_demand_pool
from parley.providers.registry import ProviderContext, ProviderPlugin
from parley.settings import read_settings
from parley.whisper.recognizer import Recognizer, open_recognizer
from parley.whisper.weights import PACKAGED_MODEL, find_weights
from services.stt.providers.whisper.connection import PROVIDER, WhisperConnection
from services.stt.providers.whisper.facts import FACTS
from services.stt.providers.whisper.options import WhisperOptions, check_section
from services.stt.settings import WhisperSettings
from services.stt.silero import VadPool

_CODES = ("no", "nn", "zh", "tl", "he", "id", "jw")
"""Codes that Whisper uses for languages that have several."""


class WhisperProvider:
    """The models of a process; each is loaded when the first agent names it."""

    def __init__(
        self,
        settings: WhisperSettings,
        packaged: Recognizer | None,
        recognizers: ProviderPool[Recognizer],
    ) -> None:
        self._settings = settings
        self._packaged = packaged
        self._recognizers = recognizers
        self._detectors = VadPool()
        self._calls = 0

    def detects_turns(self, config: SttConfig) -> bool:  # noqa: ARG002 - the same for all models
        """False: the stage decides."""
        return False

    @asynccontextmanager
    async def connect(self, config: SttConfig, call_sid: str) -> AsyncIterator[WhisperConnection]:  # noqa: ARG002
        """Begin to transcribe a call.

        Raises:
            ProviderRejected: the model cannot be loaded, or does not understand the language.
            ProviderRateLimited: the process transcribes as many calls as it may.
        """
        options = WhisperOptions.model_validate(config.options)
        try:
            check_section(config)
            recognizer = await self._recognizer(config.model, options.sha256)
        except ConfigError as error:
            raise ProviderRejected(PROVIDER, str(error)) from None
        language = code_among(config.language, _CODES)
        if language != "en" and not recognizer.model.multilingual:
            raise ProviderRejected(PROVIDER, f"{config.model} understands English only, not {language}")
        if self._calls >= self._settings.whisper_max_calls:
            raise ProviderRateLimited(
                PROVIDER, f"{self._calls} calls are transcribed already (PARLEY_WHISPER_MAX_CALLS)"
            )
        self._calls += 1
        try:
            with self._detectors.acquire() as detector:
                yield WhisperConnection(
                    recognizer,
                    detector,
                    language,
                    endpointing_ms=config.endpointing_ms,
                    utterance_end_ms=config.utterance_end_ms,
                    interim=options.interim,
                )
        finally:
            self._calls -= 1

    async def _recognizer(self, model: str, sha256: str) -> Recognizer:
        if model == PACKAGED_MODEL and not sha256 and self._packaged is not None:
            return self._packaged
        return await self._recognizers.get(f"{model} {sha256}")


@asynccontextmanager
async def _open(context: ProviderContext) -> AsyncIterator[WhisperProvider]:  # noqa: ARG001 - the type of the seam
    settings = read_settings(WhisperSettings)

    def load(key: str) -> AbstractAsyncContextManager[Recognizer]:
        name, _, sha256 = key.partition(" ")
        weights = find_weights(name, settings.whisper_models_dir, sha256)
        return open_recognizer(weights, settings.whisper_threads)

    async with AsyncExitStack() as stack:
        packaged = None
        if not settings.whisper_models_dir:
            # Before the first call, so that a missing package ends the process that needs it.
            packaged = await stack.enter_async_context(load(PACKAGED_MODEL))
        recognizers = await stack.enter_async_context(on_demand_pool(load))
        yield WhisperProvider(settings, packaged, recognizers)


PLUGIN = ProviderPlugin(_open, options=WhisperOptions, check=check_section, facts=FACTS)
"""Entry point `whisper`."""
