"""The capabilities of each family of ElevenLabs' models. No I/O.

Sources: ElevenLabs' documentation of models, WebSockets and text to speech, and reports of refused requests.
"""

from dataclasses import dataclass

_ALL_SETTINGS = frozenset({"stability", "similarity_boost", "speed"})


@dataclass(frozen=True, slots=True)
class ModelCapabilities:
    """The requests and parameters that a model accepts."""

    websocket: bool = True
    """Whether it has a multi-context WebSocket; otherwise each clause is an HTTP request."""
    language_code: bool = False
    """Whether the language can be set; other models detect it, and some refuse the parameter."""
    previous_text: bool = False
    """Whether an HTTP request may contain the text before its own."""
    voice_settings: frozenset[str] = _ALL_SETTINGS
    stability_steps: tuple[float, ...] = ()
    """The only values of `stability`; empty for any from 0 to 1."""
    ssml: bool = True
    """Whether it reads SSML, such as `<break time="0.5s"/>`."""
    numbers: bool = False
    """Whether it reads numbers and dates well by itself."""
    audio_tags: bool = False
    """Whether it takes audio tags, such as `[laughs]`."""


_V2_5 = ModelCapabilities(language_code=True, previous_text=True)
_V2 = ModelCapabilities(previous_text=True)
_MULTILINGUAL_V2 = ModelCapabilities(previous_text=True, numbers=True)
_V1 = ModelCapabilities(previous_text=True, voice_settings=_ALL_SETTINGS - {"speed"}, numbers=True)
_V3 = ModelCapabilities(
    websocket=False,
    language_code=True,
    voice_settings=frozenset({"stability"}),
    stability_steps=(0.0, 0.5, 1.0),
    ssml=False,
    numbers=True,
    audio_tags=True,
)
_V4 = ModelCapabilities(
    websocket=False,
    language_code=True,
    voice_settings=frozenset({"stability"}),
    ssml=False,
    numbers=True,
    audio_tags=True,
)

_FAMILIES: tuple[tuple[str, ModelCapabilities], ...] = (
    ("eleven_flash_v2_5", _V2_5),
    ("eleven_turbo_v2_5", _V2_5),
    ("eleven_flash_v2", _V2),
    ("eleven_turbo_v2", _V2),
    ("eleven_multilingual_v2", _MULTILINGUAL_V2),
    ("eleven_multilingual_v1", _V1),
    ("eleven_monolingual_v1", _V1),
    ("eleven_v3", _V3),
    ("eleven_v4", _V4),
)
"""The longest prefix applies."""

_UNKNOWN = ModelCapabilities()
"""Only parameters that all models with a WebSocket accept."""


def capabilities(model: str) -> ModelCapabilities:
    """Return what a model accepts; for an unknown model, what all accept."""
    matching = [entry for entry in _FAMILIES if model.startswith(entry[0])]
    return max(matching, key=lambda entry: len(entry[0]))[1] if matching else _UNKNOWN
