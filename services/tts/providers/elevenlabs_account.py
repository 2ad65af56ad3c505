"""The ElevenLabs account of a process: its voices, refused parameters and latencies."""

from dataclasses import dataclass

from parley.agent_config import TtsConfig
from parley.errors import ProviderError
from parley.providers.connect_limit import connect_limit
from parley.providers.latency_limits import LatencyLimit, LatencyLimits
from services.tts.providers import elevenlabs_wire as wire
from services.tts.providers.elevenlabs_errors import PROVIDER, rejects_voice
from services.tts.providers.elevenlabs_parameters import RefusedParameters, RequestParameters
from services.tts.providers.elevenlabs_voices import VoiceDirectory
from services.tts.settings import ElevenLabsSettings


@dataclass(frozen=True, slots=True)
class ElevenLabsAccount:
    """The account of a process."""

    settings: ElevenLabsSettings
    voices: VoiceDirectory
    refused: RefusedParameters
    limits: LatencyLimits

    async def parameters(self, config: TtsConfig) -> RequestParameters:
        """Return the parameters for a section; if it names no voice, with one of the account.

        Raises:
            ProviderError: no voice can be found.
        """
        if not config.voice:
            config = config.model_copy(update={"voice": await self.voices.voice_for(config.model)})
        return RequestParameters(config, self.refused.of(config.model))

    def adapt(self, config: TtsConfig, used: RequestParameters, error: ProviderError) -> bool:
        """Change the next request after a failure; True if it may succeed where this one did not.

        A parameter that is refused is left out; the chosen voice is replaced unless the agent names it.
        """
        if rejects_voice(error):
            return not config.voice and self.voices.refuse(used.config.voice)
        return self.refused.add_named(config.model, used.names, error.reason)

    def connect_limit(self) -> LatencyLimit:
        """The time limit for opening a WebSocket."""
        url = wire.http_base_url(self.settings.elevenlabs_url)
        return connect_limit(self.limits, PROVIDER, url, self.settings.tts_connect_timeout_s)
