"""The query of `/v1/speak`, validated as Deepgram does. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.deepgram.invalid_query import InvalidQuery

_VOICES = {
    "en": """amalthea andromeda apollo arcas aries asteria athena atlas aurora callista cora cordelia delia
        draco electra harmonia helena hera hermes hyperion iris janus juno jupiter luna mars minerva neptune
        odysseus ophelia orion orpheus pandora phoebe pluto saturn selene thalia theia vesta zeus
        tone recorded""",
    "es": """agustina alvaro antonia aquila carina celeste diana estrella gloria javier luciano nestor olivia
        selena silvia sirio valerio""",
    "de": "aurelia elara fabian julius kara lara viktoria",
    "nl": "beatrix cornelia daphne hestia lars leda rhea roman sander",
    "fr": "agathe hector",
    "it": "cesare cinzia demetra dionisio elio flavio livia maia melia",
    "ja": "ama ebisu fujin izanami uzume",
}
_MODELS = frozenset(f"aura-2-{name}-{tag}" for tag, names in _VOICES.items() for name in names.split())
_RATES_HZ = {
    "linear16": (8000, 16000, 24000, 32000, 48000),
    "mulaw": (8000, 16000),
    "alaw": (8000, 16000),
}
_SPEED = (0.7, 1.5)
_SPEED_LANGUAGES = ("en", "es")
_NAMES = frozenset({"model", "encoding", "sample_rate", "container", "speed", "mip_opt_out", "tag"})


@dataclass(frozen=True, slots=True)
class SpeakQuery:
    """The parameters of a WebSocket."""

    voice: str
    """The voice's own name, such as `thalia`."""
    model: str
    encoding: str
    rate_hz: int


def read_speak(items: Iterable[tuple[str, str]]) -> SpeakQuery:
    """Read the query.

    Raises:
        InvalidQuery: Deepgram would answer 400.
    """
    query = dict(items)
    if unknown := sorted(query.keys() - _NAMES):
        raise InvalidQuery(f"Failed to deserialize query parameters: unknown field `{unknown[0]}`.")
    model = query.get("model", "")
    if model not in _MODELS:
        raise InvalidQuery("No such model/version combination found.")
    encoding = query.get("encoding", "linear16")
    rates = _RATES_HZ.get(encoding)
    if rates is None:
        raise InvalidQuery(f"unknown variant `{encoding}`, expected one of `linear16`, `mulaw`, `alaw`.")
    rate = query.get("sample_rate", "24000" if encoding == "linear16" else "8000")
    if not rate.isdecimal() or int(rate) not in rates:
        raise InvalidQuery(f"Unsupported sample_rate {rate} for encoding {encoding}.")
    if query.get("container", "none") != "none":
        raise InvalidQuery("Streaming text-to-speech has no container.")
    _check_speed(query.get("speed"), model)
    _, _, voice, _ = model.split("-")
    return SpeakQuery(voice, model, encoding, int(rate))


def _check_speed(text: str | None, model: str) -> None:
    if text is None:
        return
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not _SPEED[0] <= speed <= _SPEED[1]:
        raise InvalidQuery(f"speed must be between {_SPEED[0]} and {_SPEED[1]}.")
    if not model.endswith(_SPEED_LANGUAGES):
        raise InvalidQuery(f"speed is not supported by {model}.")
