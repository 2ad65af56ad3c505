"""Finds providers by name: entry points in groups such as `parley.stt`, one for each kind.

The built-in providers are entry points like those of third parties. Nothing is imported before an agent names
it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from parley.agent_config import (
    AgentConfig,
    LlmConfig,
    ProviderSection,
    RealtimeConfig,
    SttConfig,
    TtsConfig,
)
from parley.agent_config.problem import did_you_mean
from parley.audio.formats import MULAW_8K, AudioFormat
from parley.errors import ConfigError
from parley.providers.facts import ProviderFacts
from parley.providers.latency_limits import LatencyLimits
from parley.providers.tts import TextSupport
from parley.telemetry.setup import Telemetry

Kind: TypeAlias = Literal["stt", "llm", "tts", "realtime"]
"""A section of the agent file that names a provider."""

P_co = TypeVar("P_co", covariant=True)
Config = TypeVar("Config", bound=ProviderSection)


class NoOptions(BaseModel):
    """The `options` of a provider that has none."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class ProviderContext:
    """Resources of the process that providers may use."""

    telemetry: Telemetry
    limits: LatencyLimits = field(init=False)
    """Time limits that follow measured latencies, shared by all providers and calls of the process."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "limits", LatencyLimits(self.telemetry.provider_limit))


@dataclass(frozen=True, slots=True)
class ProviderPlugin(Generic[P_co]):
    """The object that an entry point refers to."""

    open: Callable[[ProviderContext], AbstractAsyncContextManager[P_co]]
    """Opens the provider for the lifetime of the process. Raises ConfigError when a setting is wrong."""
    options: type[BaseModel] = NoOptions
    """Validates `options` in the agent file."""
    alternatives: tuple[Mapping[str, Any], ...] = ()
    """Partial sections tried after the agent's own section and before its fallbacks."""
    check: Callable[[Any], None] | None = None
    """Checks a whole section of the agent file; raises ConfigError that names the key and the remedy."""
    text_support: Callable[[Any], TextSupport] = lambda _section: TextSupport()
    """For tts: what the voice of a section can read by itself; the rest is written in words before."""
    audio_format: Callable[[Any], AudioFormat] = lambda _section: MULAW_8K
    """For stt and tts: the format of audio that a section's provider takes or makes; the stage converts."""
    facts: ProviderFacts | None = None
    """Models, languages, prices and more: for docs/providers.md, `parley agents check`, `parley doctor`."""


def installed_providers(kind: Kind) -> dict[str, EntryPoint]:
    """The installed providers by name.

    Raises:
        ConfigError: two distributions install a provider of the same name.
    """
    found: dict[str, EntryPoint] = {}
    for entry in _entry_points(f"parley.{kind}"):
        other = found.setdefault(entry.name, entry)
        if other.value != entry.value:
            raise ConfigError(
                f"{kind} provider {entry.name!r} is installed twice: {_origin(other)} and {_origin(entry)}"
            )
    return found


def load_plugin(kind: Kind, name: str, key: str = "provider") -> ProviderPlugin[Any]:
    """Import the plugin of a provider; `key` is the agent file key to name in errors.

    Raises:
        ConfigError: there is no such provider, or it cannot be imported.
    """
    installed = installed_providers(kind)
    if name not in installed:
        names = ", ".join(sorted(installed)) or "none"
        suggestion = did_you_mean(name, installed)
        raise ConfigError(f"{key}: no provider {name!r} is installed; installed are: {names}{suggestion}")
    try:
        plugin = installed[name].load()
    except Exception as error:
        # A third-party module may raise anything when imported.
        raise ConfigError(
            f"{key}: provider {name!r} cannot be loaded from {_origin(installed[name])}: "
            f"{type(error).__name__}: {error}"
        ) from error
    if not isinstance(plugin, ProviderPlugin):
        raise ConfigError(f"{key}: {_origin(installed[name])} is not a ProviderPlugin")
    return plugin


def configs_of(kind: Kind, section: Config) -> tuple[Config, ...]:
    """The section, its provider's alternatives and its fallbacks, each complete and validated.

    Sections with the same route name would share a circuit, so only the first of them is used.

    Raises:
        ConfigError: a provider is unknown or rejects its options; the message names the agent file key.
    """
    by_name: dict[str, Config] = {}
    for config in _configs(kind, section):
        by_name.setdefault(route_name(config), config)
    return tuple(by_name.values())


def audio_format_of(kind: Kind, section: ProviderSection) -> AudioFormat:
    """The format of audio that the provider of a section takes or makes.

    Raises:
        ConfigError: there is no such provider, or it declares none.
    """
    plugin = load_plugin(kind, section.provider)
    try:
        declared = plugin.audio_format(section)
    except ConfigError:
        raise
    except Exception as error:
        # A third-party provider may raise anything.
        reason = type(error).__name__
        raise ConfigError(f"{kind}.provider: audio format of {section.provider!r}: {reason}") from error
    if not isinstance(declared, AudioFormat):
        raise ConfigError(f"{kind}.provider: {section.provider!r} declares no AudioFormat")
    return declared


def transfer_options(kind: Kind, name: str) -> frozenset[str]:
    """Return the options in which a provider's alternatives differ: they change how output is transferred.

    Raises:
        ConfigError: there is no such provider, or it cannot be imported.
    """
    alternatives = load_plugin(kind, name).alternatives
    return frozenset(key for entry in alternatives for key in entry.get("options", {}))


def kinds_of(agent: AgentConfig) -> tuple[Kind, ...]:
    """Return the sections that an agent's mode uses; in mode `realtime`, `llm` writes notes on long calls."""
    return ("realtime", "llm") if agent.is_realtime else ("stt", "llm", "tts")


def check_agent(agent: AgentConfig, *kinds: Kind) -> None:
    """Check that the providers of some sections are installed and accept their options.

    Raises:
        ConfigError: a check failed; the message names the agent, the key, the value and the reason.
    """
    try:
        for kind in kinds:
            section: ProviderSection = getattr(agent, kind)
            configs_of(kind, section)
    except ConfigError as error:
        raise ConfigError(f"agent {agent.name}: {error}") from None


def route_name(config: ProviderSection) -> str:
    """Provider, model, voice and options, as in `elevenlabs/eleven_flash_v2_5/voice1/transport=http`.

    Settings of a language model that decide whether a server accepts its requests are part of the name.
    """
    named = SttConfig | LlmConfig | TtsConfig | RealtimeConfig
    # A third party's provider may have a model of its own, without a name.
    model = (config.model,) if isinstance(config, named) and config.model else ()
    voice = (config.voice,) if isinstance(config, TtsConfig | RealtimeConfig) and config.voice else ()
    options = (f"{key}={value}" for key, value in sorted(config.options.items()))
    return "/".join((config.provider, *model, *voice, *options, *_llm_settings(config)))


def _llm_settings(config: ProviderSection) -> Iterator[str]:
    if not isinstance(config, LlmConfig):
        return
    for key in ("api", "profile", "reasoning_effort"):
        if key in config.model_fields_set:
            yield f"{key}={getattr(config, key)}"
    if config.extra:
        yield f"extra={','.join(sorted(config.extra))}"


def _configs(kind: Kind, section: Config) -> Iterator[Config]:
    first, *fallbacks = section.chain
    plugin = _checked(kind, first, kind)
    yield first
    for alternative in plugin.alternatives:
        if merged := _alternative(first, alternative):
            yield merged
    for number, config in enumerate(fallbacks):
        _checked(kind, config, f"{kind}.fallbacks.{number}")
        yield config


def _alternative(section: Config, alternative: Mapping[str, Any]) -> Config | None:
    """The merged section; None when the agent file sets the same option itself."""
    if alternative.get("options", {}).keys() & section.options.keys():
        return None
    return section.merged(alternative)


def _checked(kind: Kind, config: ProviderSection, key: str) -> ProviderPlugin[Any]:
    plugin = load_plugin(kind, config.provider, f"{key}.provider")
    try:
        plugin.options.model_validate(config.options)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, (key, "options", *first["loc"])))
        raise ConfigError(f"{place}: {first['msg'].removeprefix('Value error, ')}") from None
    if plugin.check is not None:
        plugin.check(config)
    return plugin


def reload_entry_points() -> None:
    """Clear the cache of installed entry points; for tests that install some."""
    _entry_points.cache_clear()


@cache
def _entry_points(group: str) -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=group))


def _origin(entry: EntryPoint) -> str:
    distribution = f" ({entry.dist.name})" if entry.dist else ""
    return f"{entry.value}{distribution}"
