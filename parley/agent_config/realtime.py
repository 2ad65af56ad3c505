"""How an agent with `mode: realtime` listens and speaks: one speech-to-speech model."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, ClassVar, Literal, TypeAlias

from pydantic import Field
from pydantic_core import InitErrorDetails

from parley.agent_config.default_models import default_model_of
from parley.agent_config.located import located
from parley.agent_config.provider_section import ProviderSection
from parley.agent_config.section import Section
from parley.agent_config.templates.text import TemplateText

Mode: TypeAlias = Literal["cascade", "realtime"]
"""Whether stt, llm and tts follow each other, or one speech-to-speech model does the work of all three."""

CASCADE: Mode = "cascade"
REALTIME: Mode = "realtime"


class TurnDetection(Section):
    """How the provider recognizes that the caller speaks, and when a turn has ended."""

    type: Literal["server_vad", "semantic_vad"] = "server_vad"
    """`server_vad` by silence; `semantic_vad` by a model that judges whether the caller has finished."""
    threshold: float = Field(default=0.5, ge=0, le=1)
    """A higher value needs louder speech; for `server_vad`."""
    prefix_padding_ms: int = Field(default=300, ge=0, le=2000)
    """Audio before the detected speech that belongs to the turn; for `server_vad`."""
    silence_ms: int = Field(default=500, ge=100, le=5000)
    """Silence that ends a turn; for `server_vad`."""
    eagerness: Literal["low", "medium", "high", "auto"] = "auto"
    """How soon a turn ends: `low` waits up to 8 s, `medium` 4 s and `high` 2 s; for `semantic_vad`."""


class RealtimePrice(Section):
    """The price of a million tokens of a speech-to-speech model."""

    input: Decimal = Field(ge=0, le=100_000, allow_inf_nan=False)
    """Text that the model reads."""
    cached_input: Decimal | None = Field(default=None, ge=0, le=100_000, allow_inf_nan=False)
    """Text that the provider had cached; defaults to the price of `input`."""
    audio_input: Decimal = Field(ge=0, le=100_000, allow_inf_nan=False)
    """Audio that the model receives."""
    cached_audio_input: Decimal | None = Field(default=None, ge=0, le=100_000, allow_inf_nan=False)
    """Audio that the provider had cached; defaults to the price of `audio_input`."""
    output: Decimal = Field(ge=0, le=100_000, allow_inf_nan=False)
    """Text that the model writes, and its reasoning."""
    audio_output: Decimal = Field(ge=0, le=100_000, allow_inf_nan=False)
    """Audio that the model speaks."""
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")
    """ISO 4217 code of the currency; one for all models of a call."""


class RealtimeConfig(ProviderSection):
    """The speech-to-speech model that listens, answers and speaks."""

    _PER_PROVIDER: ClassVar[frozenset[str]] = frozenset(
        {"model", "voice", "options", "transcription_model", "reasoning_effort", "price"}
    )
    _PER_STAGE: ClassVar[frozenset[str]] = frozenset(
        {"fallbacks", "timeout_s", "renew_after_s", "session_limit_s"}
    )

    provider: str = Field(default="openai", min_length=1)
    model: str = Field(default_factory=default_model_of("realtime"), min_length=1)
    """By default the first of the provider."""
    voice: str = Field(default="marin", min_length=1)
    """The provider's voice; it stays the same throughout an agent's part of the call."""
    speed: float = Field(default=1.0, ge=0.25, le=1.5)
    turn_detection: TurnDetection = TurnDetection()
    noise_reduction: Literal["near_field", "far_field", "off"] = "near_field"
    """Filter of the caller's audio: for a handset, for a hands-free telephone, or none."""
    transcription_model: str = Field(default="gpt-live-transcribe", min_length=1)
    """The model that writes down what the caller says, for the log, the transcript and barge-in."""
    keyterms: tuple[TemplateText, ...] = ()
    """Names and words to expect in the caller's speech."""
    reasoning_effort: Literal["minimal", "low", "medium", "high", "xhigh"] | None = None
    """How much a model reasons, if it can; None for its own default."""
    max_tokens: int = Field(default=4096, ge=1, le=4096)
    """Tokens of an answer, of which one second of speech needs about 20."""
    history_tokens: int | None = Field(default=None, ge=500, le=200_000)
    """Tokens of the conversation, without prompt and tools, beyond which the provider drops the oldest turns;
    None for the limit of the model."""
    price: RealtimePrice | None = None
    """The price of the model's tokens; without it the cost of calls is unknown."""
    timeout_s: float = Field(default=6.0, gt=0, le=60)
    """Time limit for the first audio of an answer; then it is requested again."""
    renew_after_s: float = Field(default=3000, ge=1, le=3600)
    """Age of a provider's session after which it is renewed at the next quiet moment."""
    session_limit_s: float = Field(default=3480, ge=10, le=3600)
    """Age at which it is renewed at the next pause, or a minute later: before the provider ends it."""


_WITHOUT_EFFECT: Mapping[str, str] = {
    "stt": "the realtime model listens itself; use `realtime.turn_detection`, `realtime.transcription_model`"
    " and `realtime.keyterms`",
    "tts": "the realtime model speaks itself; use `realtime.voice` and `realtime.speed`",
    "openers": "the realtime model begins its own answers",
    "fillers": "the realtime model speaks while a tool runs; say in the prompt what it is to say",
}
_NO_PHRASES: Mapping[str, Any] = {"fillers": {"phrases": (), "tool_phrases": ()}}
_KEYS_OF_DETECTION: Mapping[str, tuple[str, ...]] = {
    "server_vad": ("threshold", "prefix_padding_ms", "silence_ms"),
    "semantic_vad": ("eagerness",),
}
"""The keys of `turn_detection` that each type has for itself."""
_LLM_WITHOUT_EFFECT = ("speculation", "temperature", "max_tokens", "timeout_s")


def problems_of_mode(data: Mapping[str, Any]) -> list[InitErrorDetails]:
    """Return the keys of a file's data that have no effect in the agent's mode."""
    problems_of = _problems_of_realtime if data.get("mode", CASCADE) == REALTIME else _problems_of_cascade
    problems = list(problems_of(data))
    languages = data.get("languages")
    for tag, entry in languages.items() if isinstance(languages, Mapping) else ():
        if isinstance(entry, Mapping):
            problems += _relocated(problems_of(entry), "languages", str(tag))
    return problems


def prices_of_realtime_problem(section: RealtimeConfig, of_notes: str | None = None) -> str:
    """Return what is wrong with the prices of the section's models, with the remedy; empty if nothing is.

    `of_notes` is the currency of the models of `llm`, if they have prices.
    """
    currencies = {of_notes} if of_notes else set()
    for number, config in enumerate(section.chain):
        if config.price is None:
            place = "realtime" if number == 0 else f"realtime.fallbacks[{number - 1}]"
            return f"needs the price of each model: add {place}.price (see docs/agent-file.md)"
        currencies.add(config.price.currency)
    if len(currencies) > 1:
        return f"the prices of realtime and llm are in {' and '.join(sorted(currencies))}; use one currency"
    return ""


def without_phrases(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return unvalidated data without the default phrases that an agent of mode `realtime` does not play."""
    return {**data, **_NO_PHRASES} if data.get("mode") == REALTIME else data


def _is_switched_off(section: object) -> bool:
    """Whether a section only switches phrases off, as in `{phrases: []}`."""
    return isinstance(section, Mapping) and not any(section.values())


def _relocated(problems: Iterable[InitErrorDetails], *prefix: str) -> list[InitErrorDetails]:
    """Return errors of a part of the file at their locations in the whole."""
    return [{**problem, "loc": (*prefix, *problem.get("loc", ()))} for problem in problems]


def _problems_of_cascade(data: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
    if "realtime" in data:
        yield located(("realtime",), "has no effect without `mode: realtime`; add it, or remove this")


def _problems_of_realtime(data: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
    for key, remedy in _WITHOUT_EFFECT.items():
        if key in data and not _is_switched_off(data[key]):
            yield located((key,), f"has no effect with `mode: realtime`: {remedy}; remove it here")
    llm = data.get("llm")
    for key in _LLM_WITHOUT_EFFECT:
        if isinstance(llm, Mapping) and key in llm:
            yield located(
                ("llm", key),
                "has no effect with `mode: realtime`, in which `llm` only writes the notes of long calls;"
                " remove it",
            )
    yield from _problems_of_fillers(data.get("tools"))
    section = data.get("realtime")
    detection = section.get("turn_detection") if isinstance(section, Mapping) else None
    yield from _problems_of_detection(detection if isinstance(detection, Mapping) else {})


def _problems_of_fillers(tools: object) -> Iterator[InitErrorDetails]:
    for number, tool in enumerate(tools if isinstance(tools, list | tuple) else ()):
        if isinstance(tool, Mapping) and tool.get("filler"):
            remedy = _WITHOUT_EFFECT["fillers"]
            yield located(
                ("tools", number, "filler"), f"has no effect with `mode: realtime`: {remedy}; remove it here"
            )


def _problems_of_detection(detection: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
    kind = detection.get("type", "server_vad")
    for other, keys in _KEYS_OF_DETECTION.items():
        for key in keys if other != kind and kind in _KEYS_OF_DETECTION else ():
            if key in detection:
                yield located(
                    ("realtime", "turn_detection", key),
                    f"has no effect with `type: {kind}`; remove it, or choose `type: {other}`",
                )
