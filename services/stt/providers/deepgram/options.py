"""Derives the options of a Deepgram stream from an agent's `stt` section. No I/O."""

from typing import Any

from deepgram.environment import DeepgramClientEnvironment

from parley.agent_config import SttConfig
from parley.audio.g711 import SAMPLE_RATE_HZ
from services.stt.providers.deepgram.languages import deepgram_language

_EAGER_THRESHOLD = 0.5
"""Confidence at which Flux sends EagerEndOfTurn."""


def is_flux(config: SttConfig) -> bool:
    """Whether the model detects the end of a turn itself."""
    return config.model.startswith("flux")


def stream_options(config: SttConfig, call_sid: str) -> dict[str, Any]:
    """Return arguments for the SDK's `connect`: of `listen.v2` for a Flux model, otherwise of `listen.v1`."""
    common = {
        "model": config.model,
        "encoding": "mulaw",
        "sample_rate": SAMPLE_RATE_HZ,
        "tag": call_sid,
        **_keyterms(config),
    }
    if is_flux(config):
        return {**common, "eager_eot_threshold": _EAGER_THRESHOLD}
    return {
        **common,
        "language": deepgram_language(config.language),
        "channels": 1,
        "interim_results": True,
        "endpointing": config.endpointing_ms,
        "utterance_end_ms": config.utterance_end_ms,
        "vad_events": True,
        "smart_format": True,
    }


def environment_of(base_url: str) -> DeepgramClientEnvironment:
    """Return Deepgram's own addresses, or those under a base address, http(s):// or ws(s)://."""
    base = base_url.rstrip("/")
    if not base:
        return DeepgramClientEnvironment.PRODUCTION
    base = base.replace("ws", "http", 1) if base.startswith("ws") else base
    socket = base.replace("http", "ws", 1)
    return DeepgramClientEnvironment(base=base, production=socket, agent=socket, agent_rest=base)


def _keyterms(config: SttConfig) -> dict[str, Any]:
    # Nova-3 and Flux take phrases as `keyterm`, older models single words as `keywords`.
    if not config.keyterms:
        return {}
    takes_phrases = config.model.startswith("nova-3") or is_flux(config)
    return {"keyterm" if takes_phrases else "keywords": list(config.keyterms)}
