"""What a socket's query asks for, checked as the vendor checks it. No I/O, no clock.

Parameters that change how words are written (smart_format, punctuate, language, redact and their like) are
let through and have no effect: the sandbox writes words as it hears them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

Query = Sequence[tuple[str, str]]
"""Names and values as they stand in the address; a name may come again."""

_DEFAULT_ENDPOINTING_MS = 10.0
_LEAST_UTTERANCE_END_MS = 1000.0
_THRESHOLDS = {
    "eot_threshold": (0.5, 1.0),
    "eager_eot_threshold": (0.3, 0.9),
    "eot_timeout_ms": (500.0, 60_000.0),
}
_MOST_KEYTERM_WORDS = 500


class BadQuery(ValueError):
    """The vendor would refuse it; the text says why."""


@dataclass(frozen=True, slots=True)
class NovaQuery:
    """A query to `/v1/listen`."""

    model: str
    endpointing_ms: float | None
    """Silence that ends a stretch of speech; None when no end shall be marked."""
    utterance_end_ms: float
    """Gap between words after which UtteranceEnd is told; 0 for never."""
    interim_results: bool
    vad_events: bool


@dataclass(frozen=True, slots=True)
class FluxQuery:
    """A query to `/v2/listen`, and what Configure makes of it later."""

    eot_threshold: float = 0.7
    eager_eot_threshold: float | None = None
    """None: no eager ends of turn."""
    eot_timeout_ms: float = 5000.0
    keyterms: tuple[str, ...] = ()

    @property
    def by_timeout_only(self) -> bool:
        """Turns end by silence or by being told, never by confidence."""
        return self.eot_threshold >= 1

    def configured(self, message: Mapping[str, Any]) -> "FluxQuery":
        """With what a Configure message names; all else stays.

        Raises:
            BadQuery: a value is out of its range.
        """
        thresholds = message.get("thresholds") or {}
        if not isinstance(thresholds, dict):
            raise BadQuery("thresholds: not an object")
        keyterms = message.get("keyterms")
        after = self if keyterms is None else replace(self, keyterms=read_keyterms(keyterms))
        return _with_thresholds(after, thresholds)


def read_nova(query: Query) -> NovaQuery:
    """Read a query to `/v1/listen`.

    Raises:
        BadQuery: the vendor would answer 400.
    """
    values = _telephone(query)
    interim_results = _flag("interim_results", values)
    gap_ms = _number("utterance_end_ms", values.get("utterance_end_ms", "0"))
    if "utterance_end_ms" in values and (gap_ms < _LEAST_UTTERANCE_END_MS or not interim_results):
        raise BadQuery("utterance_end_ms must be 1000 or more, and needs interim_results=true")
    read_keyterms([value for name, value in query if name == "keyterm"])
    return NovaQuery(
        model=values["model"],
        endpointing_ms=_endpointing_ms(values.get("endpointing", "")),
        utterance_end_ms=gap_ms,
        interim_results=interim_results,
        vad_events=_flag("vad_events", values),
    )


def read_flux(query: Query) -> FluxQuery:
    """Read a query to `/v2/listen`.

    Raises:
        BadQuery: the vendor would answer 400.
    """
    values = _telephone(query)
    if not values["model"].startswith("flux"):
        raise BadQuery(f"model {values['model']!r} is not for /v2/listen")
    keyterms = read_keyterms([value for name, value in query if name == "keyterm"])
    return _with_thresholds(FluxQuery(keyterms=keyterms), values)


def read_keyterms(value: Any) -> tuple[str, ...]:
    """Terms to listen for, within the vendor's bound.

    Raises:
        BadQuery: not words, or too many of them.
    """
    terms = [value] if isinstance(value, str) else value
    if not isinstance(terms, list) or not all(isinstance(term, str) for term in terms):
        raise BadQuery("keyterms: not a list of words")
    if sum(len(term.split()) for term in terms) > _MOST_KEYTERM_WORDS:
        raise BadQuery(f"keyterms: more than {_MOST_KEYTERM_WORDS} words")
    return tuple(terms)


def _telephone(query: Query) -> dict[str, str]:
    values = dict(query)
    if not values.get("model"):
        raise BadQuery("model is missing")
    if (values.get("encoding"), values.get("sample_rate")) != ("mulaw", "8000"):
        raise BadQuery("the sandbox hears encoding=mulaw at sample_rate=8000 only")
    if values.get("channels", "1") != "1":
        raise BadQuery("the sandbox hears one channel only")
    return values


def _endpointing_ms(text: str) -> float | None:
    match text:
        case "false":
            return None
        case "" | "true":
            return _DEFAULT_ENDPOINTING_MS
        case _:
            return _number("endpointing", text)


def _with_thresholds(flux: FluxQuery, given: Mapping[str, Any]) -> FluxQuery:
    eager = given.get("eager_eot_threshold")
    after = replace(
        flux,
        eot_threshold=_threshold("eot_threshold", given.get("eot_threshold", flux.eot_threshold)),
        eot_timeout_ms=_threshold("eot_timeout_ms", given.get("eot_timeout_ms", flux.eot_timeout_ms)),
        eager_eot_threshold=flux.eager_eot_threshold
        if eager is None
        else _threshold("eager_eot_threshold", eager),
    )
    if after.eager_eot_threshold is not None and after.eager_eot_threshold > after.eot_threshold:
        raise BadQuery("eager_eot_threshold must not be greater than eot_threshold")
    return after


def _threshold(name: str, value: Any) -> float:
    number = _number(name, value)
    least, most = _THRESHOLDS[name]
    if not least <= number <= most:
        raise BadQuery(f"{name} must lie between {least:g} and {most:g}")
    return number


def _number(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise BadQuery(f"{name}: {value!r} is no number") from None
    if not 0 <= number < float("inf"):
        raise BadQuery(f"{name}: {value!r} is out of range")
    return number


def _flag(name: str, values: dict[str, str]) -> bool:
    text = values.get(name, "false")
    if text not in ("true", "false"):
        raise BadQuery(f"{name}: {text!r} is neither true nor false")
    return text == "true"
