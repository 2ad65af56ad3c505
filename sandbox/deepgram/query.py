"""A socket's query parameters, validated as Deepgram validates them. No I/O, no clock.

Parameters of features that the emulator lacks (redact, replace, search, profanity_filter, callback and so on)
are accepted and have no effect. Unknown parameters are ignored, as by Deepgram.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sandbox.deepgram.audio_format import (
    FLUX_ENCODINGS,
    NOVA_ENCODINGS,
    TELEPHONE_AUDIO,
    AudioFormat,
    read_audio_format,
)
from sandbox.deepgram.formatting import PLAIN_TEXT, TextFormat
from sandbox.deepgram.invalid_query import InvalidQuery
from sandbox.deepgram.model import DEFAULT_MODEL, check_flux_model, check_nova_model

Query = Sequence[tuple[str, str]]
"""Names and values in the order of the URL; a name may be repeated."""

_DEFAULT_ENDPOINTING_MS = 10.0
_MIN_UTTERANCE_END_MS = 1000.0
_THRESHOLDS = {
    "eot_threshold": (0.5, 1.0),
    "eager_eot_threshold": (0.3, 0.9),
    "eot_timeout_ms": (500.0, 60_000.0),
}
_MAX_KEYTERM_WORDS = 500
FLUX_LANGUAGES = ("en", "es", "fr", "de", "hi", "ru", "pt", "ja", "it", "nl")
_FLAGS = (
    *("punctuate", "smart_format", "numerals", "diarize", "dictation", "detect_entities", "filler_words"),
    *("profanity_filter", "mip_opt_out", "no_delay", "multichannel"),
)


@dataclass(frozen=True, slots=True)
class NovaQuery:
    """Parameters of a `/v1/listen` socket."""

    model: str
    endpointing_ms: float | None
    """Silence that ends a speech segment; None if speech_final must not be set."""
    utterance_end_ms: float
    """Gap between words after which UtteranceEnd is sent; 0 for never."""
    interim_results: bool
    vad_events: bool
    audio: AudioFormat = TELEPHONE_AUDIO
    text_format: TextFormat = PLAIN_TEXT
    diarize: bool = False
    language: str = "en"
    multilingual: bool = False


@dataclass(frozen=True, slots=True)
class FluxQuery:
    """Parameters of a `/v2/listen` socket, as changed by later Configure messages."""

    eot_threshold: float = 0.7
    eager_eot_threshold: float | None = None
    """If None, EagerEndOfTurn is never sent."""
    eot_timeout_ms: float = 5000.0
    keyterms: tuple[str, ...] = ()
    numerals: bool = False
    multilingual: bool = False
    language_hints: tuple[str, ...] = ()
    audio: AudioFormat = TELEPHONE_AUDIO

    @property
    def ends_by_timeout_only(self) -> bool:
        """Whether turns end by silence or ForceEndTurn only, never by confidence."""
        return self.eot_threshold >= 1

    def configured(self, message: Mapping[str, Any]) -> "FluxQuery":
        """Return the parameters with those changed that a Configure message names.

        Raises:
            InvalidQuery: a value is out of its range.
        """
        thresholds = message.get("thresholds") or {}
        if not isinstance(thresholds, dict):
            raise InvalidQuery("thresholds: not an object")
        keyterms, numerals = message.get("keyterms"), message.get("numerals")
        changed = self if keyterms is None else replace(self, keyterms=read_keyterms(keyterms))
        if isinstance(numerals, bool):
            changed = replace(changed, numerals=numerals)
        return _with_thresholds(changed, thresholds)


def read_nova(query: Query) -> NovaQuery:
    """Parse the query of a `/v1/listen` socket.

    Raises:
        InvalidQuery: Deepgram would answer 400.
    """
    values = dict(query)
    model = values.get("model", DEFAULT_MODEL)
    check_nova_model(model, values.get("language", "en"))
    if "keywords" in values and model.startswith("nova-3"):
        raise InvalidQuery("Keywords are not supported for Nova-3. Please use `keyterm` instead.")
    if values.get("diarize_model") == "v2":
        raise InvalidQuery("diarize_model=v2 is not supported for streaming.")
    for name in _FLAGS:
        _flag(name, values)
    interim_results = _flag("interim_results", values)
    min_gap_ms = _number("utterance_end_ms", values.get("utterance_end_ms", "0"))
    if "utterance_end_ms" in values and (min_gap_ms < _MIN_UTTERANCE_END_MS or not interim_results):
        raise InvalidQuery("utterance_end_ms must be 1000 or more, and needs interim_results=true")
    read_keyterms([value for name, value in query if name == "keyterm"])
    return NovaQuery(
        model=model,
        endpointing_ms=_endpointing_ms(values.get("endpointing", "")),
        utterance_end_ms=min_gap_ms,
        interim_results=interim_results,
        vad_events=_flag("vad_events", values),
        audio=read_audio_format(values, NOVA_ENCODINGS),
        text_format=_text_format(values),
        diarize=_flag("diarize", values) or "diarize_model" in values,
        language=values.get("language", "en"),
        multilingual=values.get("language") == "multi",
    )


def read_flux(query: Query) -> FluxQuery:
    """Parse the query of a `/v2/listen` socket.

    Raises:
        InvalidQuery: Deepgram would answer 400.
    """
    values = dict(query)
    check_flux_model(values.get("model", ""))
    hints = tuple(value for name, value in query if name == "language_hint")
    if hints and values["model"] != "flux-general-multi":
        raise InvalidQuery("language_hint is only supported by flux-general-multi.")
    for hint in hints:
        if hint.partition("-")[0].lower() not in FLUX_LANGUAGES:
            raise InvalidQuery(f"language_hint: {hint!r} is not supported.")
    keyterms = read_keyterms([value for name, value in query if name == "keyterm"])
    return _with_thresholds(
        FluxQuery(
            keyterms=keyterms,
            numerals=_flag("numerals", values),
            multilingual=values["model"] == "flux-general-multi",
            language_hints=hints,
            audio=read_audio_format(values, FLUX_ENCODINGS),
        ),
        values,
    )


def read_keyterms(value: Any) -> tuple[str, ...]:
    """Parse keyterms, within Deepgram's limit on their number of words.

    Raises:
        InvalidQuery: not a list of strings, or too many words.
    """
    terms = [value] if isinstance(value, str) else value
    if not isinstance(terms, list) or not all(isinstance(term, str) for term in terms):
        raise InvalidQuery("keyterms: not a list of strings")
    if sum(len(term.split()) for term in terms) > _MAX_KEYTERM_WORDS:
        raise InvalidQuery(f"keyterms: more than {_MAX_KEYTERM_WORDS} words")
    return tuple(terms)


def _text_format(values: dict[str, str]) -> TextFormat:
    return TextFormat(
        punctuate=_flag("punctuate", values),
        numerals=_flag("numerals", values),
        smart=_flag("smart_format", values),
    )


def _endpointing_ms(text: str) -> float | None:
    match text:
        case "false":
            return None
        case "" | "true":
            return _DEFAULT_ENDPOINTING_MS
        case _:
            return _number("endpointing", text)


def _with_thresholds(query: FluxQuery, given: Mapping[str, Any]) -> FluxQuery:
    eager = given.get("eager_eot_threshold")
    changed = replace(
        query,
        eot_threshold=_threshold("eot_threshold", given.get("eot_threshold", query.eot_threshold)),
        eot_timeout_ms=_threshold("eot_timeout_ms", given.get("eot_timeout_ms", query.eot_timeout_ms)),
        eager_eot_threshold=query.eager_eot_threshold
        if eager is None
        else _threshold("eager_eot_threshold", eager),
    )
    if changed.eager_eot_threshold is not None and changed.eager_eot_threshold > changed.eot_threshold:
        raise InvalidQuery("eager_eot_threshold must not be greater than eot_threshold")
    return changed


def _threshold(name: str, value: Any) -> float:
    number = _number(name, value)
    minimum, maximum = _THRESHOLDS[name]
    if not minimum <= number <= maximum:
        raise InvalidQuery(f"{name} must be between {minimum:g} and {maximum:g}")
    return number


def _number(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InvalidQuery(f"{name}: {value!r} is not a number") from None
    if not 0 <= number < float("inf"):
        raise InvalidQuery(f"{name}: {value!r} is out of range")
    return number


def _flag(name: str, values: dict[str, str]) -> bool:
    text = values.get(name, "false")
    if text not in ("true", "false"):
        raise InvalidQuery(f"{name}: {text!r} is neither true nor false")
    return text == "true"
