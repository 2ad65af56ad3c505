"""Texts that are missing in the agent's language."""

from typing import Any

import pytest

from parley.agent_config import AgentConfig, default_texts, languages, text_language, text_of, texts_problem
from parley.agent_config.texts.defaults import flatten


def agent(**keys: Any) -> AgentConfig:
    """An agent that speaks Swahili, a language without default texts."""
    return AgentConfig.model_validate({"prompt": "x", "language": "sw", **keys})


@pytest.mark.parametrize("language", languages())
def test_a_language_with_texts_lacks_none(language: str) -> None:
    """All texts are in the agent's language."""
    complete = AgentConfig(prompt="x", language=language)

    assert texts_problem(complete) == ""
    assert text_language(complete, "fallback.say") == language


def test_the_missing_keys_are_named() -> None:
    """Keys without effect are not."""
    problem = texts_problem(agent())

    for key in ("apology", "unavailable", "limits.warning", "fallback.say", "idle.prompts", "idle.goodbye"):
        assert key in problem
    assert "fillers.phrases, fillers.tool_phrases will be left out" in problem
    assert "Add these keys to the agent file" in problem
    for key in ("openers", "reconnect", "voicemail_prompt"):
        assert key not in problem


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ({"openers": {"enabled": True}}, "openers.statements, openers.questions"),
        ({"reconnect": {"resume": "apology"}}, "reconnect.apology"),
        ({"fallback": {"then": "voicemail"}}, "fallback.voicemail_prompt, fallback.voicemail_goodbye"),
    ],
)
def test_a_setting_may_need_more_texts(keys: dict[str, Any], named: str) -> None:
    """They are missing as soon as they have an effect."""
    assert named in texts_problem(agent(**keys))


def test_an_agent_with_all_texts_of_its_own_has_no_problem() -> None:
    """Its language needs no defaults."""
    own: dict[str, Any] = {}
    for key, value in flatten(default_texts("en") or {}):
        *sections, last = key.split(".")
        target = own
        for section in sections:
            target = target.setdefault(section, {})
        target[last] = "Samahani." if isinstance(value, str) else ["Samahani."]

    swahili = agent(**own)

    assert texts_problem(swahili) == ""
    assert text_language(swahili, "apology") == "sw"
    assert text_of(swahili, "idle.prompts") == ("Samahani.",)


def test_the_language_of_an_english_text_is_english() -> None:
    """Twilio can read it with an English voice."""
    some = agent(fallback={"say": "Samahani."})

    assert (text_language(some, "fallback.say"), text_language(some, "unavailable")) == ("sw", "en")
