"""The language of an agent decides its texts and its providers' languages."""

from pathlib import Path
from typing import Any

import pytest

from parley.agent_config import AgentConfig, Idle, SttConfig, load_agent_config
from parley.errors import ConfigError

GERMAN_PROMPT = ("Sind Sie noch da?",)


@pytest.mark.parametrize(
    ("keys", "language", "stt", "tts"),
    [
        ({}, "en", "en", None),
        ({"language": "de"}, "de", "de", "de"),
        ({"language": "pt-BR"}, "pt-BR", "pt-BR", "pt-BR"),
        ({"language": "de_AT"}, "de-AT", "de-AT", "de-AT"),
        ({"language": "no"}, "no", "no", "no"),
        ({"language": False}, "no", "no", "no"),
        ({"language": None}, "en", "en", None),
        ({"language": "", "stt": {"language": "fr"}}, "fr", "fr", None),
        ({"stt": {"language": "fr"}}, "fr", "fr", None),
        ({"stt": {"language": False}}, "no", "no", None),
        ({"stt": {"language": "multi"}}, "en", "multi", None),
        ({"stt": {"language": "multi"}, "tts": {"language": "hi"}}, "hi", "multi", "hi"),
        ({"stt": {"language": "multi"}, "language": "es"}, "es", "multi", "es"),
        (
            {"stt": {"language": "es-MX"}, "tts": {"language": "es"}, "language": "es-MX"},
            "es-MX",
            "es-MX",
            "es",
        ),
        ({"stt": {"language": "en"}, "language": "de"}, "de", "en", "de"),
        ({"stt": {"language": "a model's own name"}}, "en", "a model's own name", None),
    ],
)
def test_one_language_is_enough(keys: dict[str, Any], language: str, stt: str, tts: str | None) -> None:
    """The sections' languages win for their providers."""
    agent = AgentConfig.model_validate({"prompt": "x", **keys})

    assert (agent.language, agent.stt.language, agent.tts.language) == (language, stt, tts)


def test_a_fallback_inherits_the_language() -> None:
    """A provider that takes over must not answer in English."""
    agent = AgentConfig.model_validate(
        {"prompt": "x", "language": "de", "tts": {"fallbacks": [{"provider": "other", "voice": "v"}]}}
    )

    assert [section.language for section in agent.tts.chain] == ["de", "de"]


def test_one_text_of_its_own_leaves_the_other_defaults() -> None:
    """A section is completed, not replaced."""
    agent = AgentConfig.model_validate(
        {"prompt": "x", "language": "de", "idle": {"goodbye": "Tschüs."}, "fillers": {"phrases": []}}
    )

    assert (agent.idle.goodbye, agent.idle.prompts) == ("Tschüs.", GERMAN_PROMPT)
    assert agent.fillers.phrases == ()


def test_sections_may_be_given_as_objects() -> None:
    """Programs build agents this way."""
    agent = AgentConfig(prompt="x", stt=SttConfig(language="de"), idle=Idle(timeout_s=3))

    assert (agent.idle.timeout_s, agent.idle.prompts) == (3, GERMAN_PROMPT)
    assert AgentConfig(prompt="x", language="de", idle=Idle(prompts=("Hallo?",))).idle.prompts == ("Hallo?",)


def test_a_copy_of_an_agent_is_the_same_agent() -> None:
    """Defaults that were filled in are values like others."""
    agent = AgentConfig(prompt="x", language="hi", stt=SttConfig(language="multi"))

    assert AgentConfig.model_validate(agent.model_dump()) == agent


def test_a_language_without_texts_plays_no_optional_phrases() -> None:
    """An English filler would interrupt a call in Swahili."""
    agent = AgentConfig(prompt="x", language="sw")

    assert agent.fillers.phrases == agent.openers.statements == agent.openers.questions == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("language: multi", "language: `multi` is a language of stt only: write `stt: {language: multi}`"),
        ("language: German", "language: 'German' is not the tag of a language, such as de, es-MX or pt-BR"),
        ("language: [de, en]", "language: ['de', 'en'] is not the tag of a language"),
        ("language: 49", "language: 49 is not the tag of a language"),
        ("language: de\nidle: null", "idle: must be a section with keys"),
        ("language: de\nidle: {goodby: x}", "idle.goodby: unknown key; did you mean goodbye?"),
        ("language: de\napology: ''", "apology: must not be empty"),
        ("fallback: {voice: Vicki}", "fallback.voice: 'Vicki' does not have the form"),
    ],
)
def test_a_wrong_value_is_refused_by_file_key_and_remedy(tmp_path: Path, text: str, reason: str) -> None:
    """The error names the file, the key and the problem."""
    (tmp_path / "shop.yaml").write_text(f"prompt: x\n{text}\n")

    with pytest.raises(ConfigError) as error:
        load_agent_config(tmp_path, "shop")

    assert f"{tmp_path / 'shop.yaml'}: " in str(error.value)
    assert reason in str(error.value)
