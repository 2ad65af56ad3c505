"""Which languages the providers of an agent support, by the facts that they declare. No I/O."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from babel import Locale

from cli.agents.checks import CheckedFile
from parley.agent_config import AgentConfig
from parley.agent_config.language import MULTILINGUAL
from parley.agent_config.problem import Problem
from parley.agent_config.provider_section import ProviderSection
from parley.agent_config.texts.defaults import default_texts
from parley.agent_config.yaml_file import YamlFile, read_yaml
from parley.errors import ConfigError
from parley.providers.facts import ModelFacts
from parley.providers.registry import Kind, configs_of, load_plugin

_TAGS = (
    "af ar hy az be bs bg ca zh hr cs da nl en et fi fr gl de el he hi hu is id it ja kn kk ko lv lt mk ms"
    " mr mi ne no fa pl pt ro ru sr sk sl es sw sv tl ta th tr uk ur vi cy"
)
LANGUAGES = tuple(_TAGS.split())
"""The 57 languages of OpenAI's speech-to-text models, with which other providers compare their own
(platform.openai.com/docs/guides/speech-to-text#supported-languages)."""


@dataclass(frozen=True, slots=True)
class RouteSupport:
    """Whether one provider of a section supports a language; None if its facts do not state it."""

    route: str
    supported: bool | None


@dataclass(frozen=True, slots=True)
class LanguageRow:
    """The support of one language."""

    tag: str
    name: str
    sections: Mapping[Kind, tuple[RouteSupport, ...]]
    """The sections of the agent that listen and speak: `stt` and `tts`, or `realtime`."""
    texts: bool
    """Whether the texts that callers hear have defaults in it."""


def rows(agent: AgentConfig, tags: Sequence[str] = LANGUAGES) -> list[LanguageRow]:
    """The support of each language by the providers of an agent."""
    return [
        LanguageRow(
            tag,
            Locale.parse(tag.replace("-", "_")).english_name or tag,
            {kind: tuple(_support(kind, section, tag)) for kind, section, _ in _wanted(agent)},
            default_texts(tag) is not None,
        )
        for tag in tags
    ]


def with_languages(checked: CheckedFile) -> CheckedFile:
    """Return a file with the mistakes and warnings about languages that its providers do not support."""
    if checked.agent is None or checked.problems:
        return checked
    lines = read_yaml(checked.agent.text)
    problems: list[Problem] = []
    warnings: list[str] = []
    config = checked.agent.config
    for tag in config.spoken_languages:
        spoken = config.in_language(tag)
        for kind, section, wanted in _wanted(spoken):
            found = list(_support(kind, section, wanted, tag))
            refused = [one.route for one in found if one.supported is False]
            place = _place(kind, tag, config)
            if refused and len(refused) == len(found):
                problems.append(_problem(lines, place, wanted, tag, refused))
            elif refused:
                key = ".".join(map(str, place))
                warnings.append(
                    f"{key}: {', '.join(refused)}: has no {_named(wanted, tag)!r}, so it cannot stand in"
                )
    return CheckedFile(
        checked.path, checked.agent, (*checked.problems, *problems), (*checked.warnings, *warnings)
    )


def _wanted(agent: AgentConfig) -> Iterator[tuple[Kind, ProviderSection, str]]:
    """The sections of an agent with speech, each with the language that it must support."""
    if agent.is_realtime:
        yield "realtime", agent.realtime, agent.language
        return
    yield "stt", agent.stt, agent.stt.language
    yield "tts", agent.tts, agent.tts.language or agent.language


def _named(wanted: str, spoken: str) -> str:
    """The language that a section lacks: the spoken one if the section detects it."""
    return spoken if wanted == MULTILINGUAL else wanted


def _support(kind: Kind, section: ProviderSection, wanted: str, spoken: str = "") -> Iterator[RouteSupport]:
    """The support of each provider; `spoken` is what callers speak if the section detects languages."""
    try:
        configs = configs_of(kind, section)
    except ConfigError:
        # Another check reports it.
        return
    models = dict.fromkeys((config.provider, str(getattr(config, "model", ""))) for config in configs)
    for provider, name in models:
        facts = load_plugin(kind, provider).facts
        model = facts.model(name) if facts is not None else None
        yield RouteSupport(f"{provider} {name}".strip(), _takes(model, wanted, spoken))


def _takes(model: ModelFacts | None, tag: str, spoken: str) -> bool | None:
    if model is None:
        return None
    if tag == MULTILINGUAL:
        # A model that lists many languages without it may still detect them.
        several = len(model.languages) > 1 or model.takes_language(tag)
        return several and (not spoken or model.detects(spoken))
    return model.takes_language(tag)


def _place(kind: Kind, tag: str, config: AgentConfig) -> tuple[str, ...]:
    return (kind,) if tag == config.language else ("languages", tag, kind)


def _problem(
    lines: YamlFile, place: tuple[str, ...], wanted: str, spoken: str, refused: Sequence[str]
) -> Problem:
    detected = wanted == MULTILINGUAL
    reason = (
        f"{' and '.join(refused)}: the language {_named(wanted, spoken)!r} is not"
        f" {'detected with `language: multi`; set stt.language, or' if detected else 'supported;'}"
        " choose another model or provider (`parley agents languages` lists the languages of each)"
    )
    return Problem(lines.line_of(place), ".".join(place), reason)
