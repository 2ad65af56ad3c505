"""Tests for the choice of capability profiles."""

from typing import Any

import pytest

from parley.errors import ConfigError
from services.brain.providers.openai.profiles import Profile, core_name, load_profiles, parse_profiles

OPENAI = "https://api.openai.com/v1"
LOOPBACK = "http://127.0.0.1:8080/v1"


@pytest.mark.parametrize(
    ("model", "core"),
    [
        ("gpt-6-luna", "gpt-6-luna"),
        ("openai/gpt-5", "gpt-5"),
        ("ft:gpt-4.1-mini-2025-04-14:org::id", "gpt-4.1-mini-2025-04-14"),
        ("gemma3:4b", "gemma3"),
        ("models/Gemini-2.5-Flash", "gemini-2.5-flash"),
        ("meta-llama/llama-3.3-70b-instruct:free", "llama-3.3-70b-instruct"),
        ("", ""),
    ],
)
def test_the_core_of_a_name_has_no_path_and_no_tag(model: str, core: str) -> None:
    assert core_name(model) == core


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-4.1-mini", {"efforts": (), "temperature": "always", "api": "chat"}),
        ("ft:gpt-4.1-mini:org::id", {"efforts": (), "temperature": "always"}),
        ("gpt-35-turbo", {"efforts": (), "api": "chat"}),
        ("o3-mini", {"effort_with_tools": "low", "temperature": "never", "tools_in_chat": "always"}),
        ("gpt-5-mini-2025-08-07", {"effort_with_tools": "minimal", "temperature": "never"}),
        ("gpt-5.1", {"effort_with_tools": "none", "tools_in_chat": "without_reasoning"}),
        ("gpt-6-luna", {"effort_with_tools": "none", "tools_in_chat": "without_reasoning", "api": "chat"}),
        ("gpt-6-luna-2026-08-01", {"effort_with_tools": "none", "temperature": "without_reasoning"}),
        ("gpt-6.1-terra", {"effort_with_tools": "none"}),
        ("gpt-6-astra", {"api": "responses", "tools_in_chat": "never", "effort_with_tools": "low"}),
        ("gpt-6.1-sol", {"api": "responses", "temperature": "never"}),
        ("gpt-7", {"api": "responses"}),
        ("gpt-5-pro", {"api": "responses"}),
        ("gpt-oss-20b", {"api": "chat", "effort": "low", "temperature": "always"}),
    ],
)
@pytest.mark.parametrize("base_url", ["", OPENAI, LOOPBACK, "https://x.openai.azure.com/openai/v1"])
def test_models_of_openai_by_generation(base_url: str, model: str, expected: dict[str, Any]) -> None:
    profile = load_profiles().select(base_url, model)

    assert {name: getattr(profile, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("base_url", "model", "expected"),
    [
        ("https://api.mistral.ai/v1", "x", {"limit_field": "max_tokens", "tool_call_id": "alphanumeric_9"}),
        ("https://api.groq.com/openai/v1", "llama-3", {"end_user": "none", "tool_call_fields": False}),
        ("https://openrouter.ai/api/v1", "openai/gpt-6.1-sol", {"api": "chat", "limit_field": "max_tokens"}),
        ("http://localhost:11434/v1", "qwen3:8b", {"limit_field": "max_tokens", "roles": "merged"}),
        ("http://gpu:8000/v1", "mistralai/Mistral-7B-Instruct-v0.3", {"roles": "alternate"}),
        (
            "https://generativelanguage.googleapis.com/v1beta/openai/",
            "gemini-3-flash",
            {"tool_call_fields": True, "effort": "low"},
        ),
        ("https://eu.api.openai.com/v1", "own-model", {"limit_field": "max_completion_tokens"}),
    ],
)
def test_servers_by_base_url(base_url: str, model: str, expected: dict[str, Any]) -> None:
    profile = load_profiles().select(base_url, model)

    assert {name: getattr(profile, name) for name in expected} == expected


@pytest.mark.parametrize("base_url", [LOOPBACK, "https://evil-api.openai.com.example/v1", "http://[::1", "x"])
def test_an_unlisted_server_gets_the_cautious_defaults(base_url: str) -> None:
    assert load_profiles().select(base_url, "some-model") == Profile()


def test_a_profile_can_be_named() -> None:
    profiles = load_profiles()

    assert profiles.select(LOOPBACK, "m", "mistral") == profiles.select("https://api.mistral.ai/v1", "m")
    assert profiles.select(LOOPBACK, "m", "openai-gpt-6").effort_with_tools == "none"
    with pytest.raises(ConfigError, match=r"llm.profile: no profile 'nope'; there are: .*mistral"):
        profiles.select(LOOPBACK, "m", "nope")


def test_each_entry_of_the_file_is_reachable() -> None:
    for name in load_profiles().names:
        assert load_profiles().select(LOOPBACK, "some-model", name)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"models": [{"name": "x", "set": {"roles": "random"}}], "servers": []}, "x: roles"),
        ({"models": [{"name": "x", "set": {"unknown": 1}}], "servers": []}, "x: unknown"),
        ({"models": [{"name": "x"}], "servers": []}, "models.0.set"),
        ({"models": [{"name": "x", "set": {}}], "servers": [{"name": "x", "set": {}}]}, "twice: x"),
        ({"models": []}, "servers"),
    ],
)
def test_a_wrong_entry_is_named(data: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        parse_profiles(data)
