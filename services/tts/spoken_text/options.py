"""How text is prepared for the voice of a section of the agent file. No I/O."""

from parley.agent_config import AgentConfig, TtsConfig
from parley.errors import ConfigError
from parley.providers.registry import load_plugin
from parley.providers.tts import TextSupport
from services.tts.spoken_text.normalizer import NormalizerOptions


def normalizer_options(agent: AgentConfig, config: TtsConfig) -> NormalizerOptions:
    """Return the options of an agent for one of its tts sections."""
    try:
        support: TextSupport = load_plugin("tts", config.provider).text_support(config)
    except ConfigError:
        # Opening the provider reports it.
        support = TextSupport()
    setting = config.text_normalization
    return NormalizerOptions(
        language=spoken_language(agent, config),
        numbers=setting == "on" or (setting == "auto" and not support.numbers),
        keep_ssml=support.ssml,
        keep_audio_tags=support.audio_tags,
    )


def spoken_language(agent: AgentConfig, config: TtsConfig) -> str:
    """The language of a section; its region may be known from the language that is transcribed."""
    transcribed = agent.stt.language
    spoken = config.language or transcribed
    if "-" not in spoken and transcribed.split("-")[0].lower() == spoken.lower():
        return transcribed
    return spoken
