"""Providers found by their entry points."""

from pathlib import Path

import pytest

from parley.agent_config import AgentConfig, LlmConfig, SttConfig, TtsConfig
from parley.audio.formats import MULAW_8K, AudioFormat
from parley.errors import ConfigError
from parley.providers.registry import (
    Kind,
    audio_format_of,
    check_agent,
    configs_of,
    installed_providers,
    load_plugin,
    route_name,
    transfer_options,
)
from tests.unit.parley.providers.doubles import installed

PLUGIN = """
from pydantic import BaseModel
from parley.audio.formats import AudioFormat
from parley.providers.registry import ProviderPlugin

class Options(BaseModel, extra="forbid"):
    speed: int = 1

PLUGIN = ProviderPlugin(None, options=Options, alternatives=({"options": {"speed": 2}},))
PCM = ProviderPlugin(None, audio_format=lambda section: AudioFormat("pcm_s16le", section.options["rate"]))
WORDS = ProviderPlugin(None, audio_format=lambda section: "8 kHz")
"""


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> object:
    """A provider `fake` for all three sections, and two that cannot be loaded."""
    entries = "".join(f"[parley.{kind}]\nfake = fake_plugin:PLUGIN\n" for kind in ("stt", "llm", "tts"))
    entries += "broken = broken_plugin:PLUGIN\nodd = fake_plugin:Options\n"
    entries += "pcm = fake_plugin:PCM\nwords = fake_plugin:WORDS\n"
    with installed(
        monkeypatch,
        tmp_path / "fake_dist",
        entries,
        fake_plugin=PLUGIN,
        broken_plugin="import no_such_module",
    ):
        yield


@pytest.mark.parametrize(("kind", "name"), [("stt", "deepgram"), ("llm", "openai"), ("tts", "elevenlabs")])
def test_the_built_in_providers_are_installed(kind: Kind, name: str) -> None:
    """Parley itself declares their entry points."""
    assert name in installed_providers(kind)
    assert callable(load_plugin(kind, name).open)


@pytest.mark.usefixtures("fake")
def test_a_third_partys_provider_is_found() -> None:
    """It is listed beside the built-in providers."""
    assert {"fake", "elevenlabs"} <= installed_providers("tts").keys()
    assert load_plugin("tts", "fake").alternatives


@pytest.mark.usefixtures("fake")
def test_an_unknown_provider_is_refused_with_the_installed_ones() -> None:
    """The error names the agent, the key, the value and the installed providers."""
    agent = AgentConfig(prompt="x", name="shop", tts=TtsConfig(provider="fak"))

    with pytest.raises(ConfigError) as error:
        check_agent(agent, "tts")
    text = str(error.value)
    assert text.startswith("agent shop: tts.provider: no provider 'fak' is installed")
    assert "elevenlabs, fake" in text


@pytest.mark.usefixtures("fake")
def test_a_wrong_fallback_is_named_by_its_number() -> None:
    """The provider and options of a fallback are checked like those of the section."""
    unknown = LlmConfig(provider="fake", fallbacks=({"provider": "nobody"},))
    refused = LlmConfig(provider="fake", fallbacks=({"options": {"volume": 3}},))

    with pytest.raises(ConfigError, match=r"llm\.fallbacks\.0\.provider"):
        configs_of("llm", unknown)
    with pytest.raises(ConfigError, match=r"llm\.fallbacks\.0\.options\.volume"):
        configs_of("llm", refused)


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize(
    ("name", "reason"),
    [("broken", "cannot be loaded from broken_plugin:PLUGIN"), ("odd", "is not a ProviderPlugin")],
)
def test_an_entry_point_that_cannot_be_used_is_explained(name: str, reason: str) -> None:
    """The error names the module that the entry point refers to."""
    with pytest.raises(ConfigError, match=reason):
        load_plugin("tts", name, "tts.provider")


@pytest.mark.usefixtures("fake")
def test_two_distributions_with_one_name_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The name in the agent file would be ambiguous."""
    entries = "[parley.tts]\nfake = other:PLUGIN\n"
    with installed(monkeypatch, tmp_path / "other_dist", entries):
        with pytest.raises(ConfigError, match="installed twice"):
            installed_providers("tts")


@pytest.mark.usefixtures("fake")
def test_routes_are_in_order_of_preference() -> None:
    """The section comes first, then its provider's alternatives, then the fallbacks."""
    section = SttConfig(provider="fake", model="a", fallbacks=({"model": "b"},))
    decided = SttConfig(provider="fake", model="a", options={"speed": 5})

    assert [route_name(config) for config in configs_of("stt", section)] == [
        "fake/a",
        "fake/a/speed=2",
        "fake/b",
    ]
    assert [route_name(config) for config in configs_of("stt", decided)] == ["fake/a/speed=5"]


@pytest.mark.usefixtures("fake")
def test_a_fallback_with_the_name_of_another_route_does_not_replace_it() -> None:
    """The routes would share a circuit; the one of the agent file's section is preferred."""
    section = SttConfig(
        provider="fake", model="a", language="en", fallbacks=({"model": "b"}, {"language": "multi"})
    )
    [first, alternative, fallback] = configs_of("stt", section)

    assert (first.model, first.language) == ("a", "en")
    assert alternative.options == {"speed": 2}
    assert fallback.model == "b"


def test_the_name_of_a_route_contains_the_voice() -> None:
    """Voices can fail independently of each other."""
    assert route_name(TtsConfig(voice="v", model="m")) == "elevenlabs/m/v"


def test_settings_that_decide_about_requests_are_part_of_the_route_name() -> None:
    """A route that differs in them only has a circuit of its own, and is not dropped as a repetition."""
    section = LlmConfig(model="m", fallbacks=({"api": "responses"}, {"extra": {"seed": 1}}, {"timeout_s": 1}))

    assert [route_name(config) for config in section.chain] == [
        "openai/m",
        "openai/m/api=responses",
        "openai/m/extra=seed",
        "openai/m",
    ]


def test_an_unknown_profile_is_an_error_of_the_agent_file() -> None:
    """It is found when the agent is checked, not in a call."""
    agent = AgentConfig(prompt="x", llm=LlmConfig(profile="nope"))

    with pytest.raises(ConfigError, match=r"llm\.profile: no profile 'nope'; there are: .*mistral"):
        check_agent(agent, "llm")


def test_a_wrong_server_is_an_error_of_the_agent_file() -> None:
    """The key of the file and the remedy are named."""
    agent = AgentConfig(prompt="x", llm=LlmConfig(fallbacks=({"options": {"base_url": "localhost"}},)))

    with pytest.raises(
        ConfigError, match=r"llm\.fallbacks\.0\.options\.base_url: must be a base address such as"
    ):
        check_agent(agent, "llm")


def test_options_that_alternatives_change_do_not_change_the_audio() -> None:
    """ElevenLabs via HTTP plays the same phrases."""
    assert transfer_options("tts", "elevenlabs") == {"transport"}
    assert transfer_options("llm", "openai") == set()


@pytest.mark.usefixtures("fake")
def test_a_provider_declares_its_audio_format() -> None:
    """By the section; the format of calls unless it declares another, and an error for anything else."""
    assert audio_format_of("tts", TtsConfig(provider="fake")) == MULAW_8K
    section = TtsConfig(provider="pcm", options={"rate": 24_000})
    assert audio_format_of("tts", section) == AudioFormat("pcm_s16le", 24_000)
    for provider in ("words", "pcm"):
        with pytest.raises(ConfigError, match=rf"tts\.provider.*{provider}"):
            audio_format_of("tts", TtsConfig(provider=provider))
