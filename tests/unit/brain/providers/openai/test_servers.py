"""Tests for the choice of servers and keys."""

import pytest
from openai import AsyncOpenAI
from pydantic import ValidationError

from parley.agent_config import LlmConfig
from services.brain.providers.openai.options import OpenAIOptions
from services.brain.providers.openai.servers import NO_KEY, Servers
from services.brain.settings import BrainSettings

KEY = "sk-own"


def servers(base_url: str = "") -> Servers:
    settings = BrainSettings(openai_api_key=KEY, openai_base_url=base_url)  # type: ignore[arg-type]
    return Servers(AsyncOpenAI(api_key="x", base_url="http://unused"), settings)


@pytest.mark.parametrize(
    ("own", "base_url", "key"),
    [
        ("", None, KEY),
        ("", "https://api.openai.com/v1", KEY),
        ("", "https://eu.api.openai.com/v1", KEY),
        ("", "http://api.openai.com/v1", NO_KEY),
        ("", "https://api.openai.com.example/v1", NO_KEY),
        ("", "https://xapi.openai.com/v1", NO_KEY),
        ("", "http://127.0.0.1:8000/v1", NO_KEY),
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1", KEY),
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8001/v1", NO_KEY),
    ],
)
def test_the_key_of_the_settings_goes_to_its_own_servers_only(
    own: str, base_url: str | None, key: str
) -> None:
    options = {"base_url": base_url} if base_url else {}
    server = servers(own).find(LlmConfig(options=options))

    assert server.client.api_key == key


def test_a_section_names_the_variable_of_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", "m-key")
    options = {"base_url": "https://api.mistral.ai/v1", "api_key_env": "MISTRAL_API_KEY"}
    server = servers().find(LlmConfig(options=options))

    assert (server.client.api_key, server.key_env) == ("m-key", "MISTRAL_API_KEY")
    assert server.client.base_url == "https://api.mistral.ai/v1/"


def test_the_same_options_share_a_client_and_the_number_is_bounded() -> None:
    found = servers()

    assert found.find(LlmConfig()) is found.default
    for port in range(1, 200):
        found.find(LlmConfig(options={"base_url": f"http://127.0.0.1:{port}/v1"}))
    assert len(found._by_options) <= 64


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("127.0.0.1:8000", "base address"),
        ("ftp://host/v1", "base address"),
        ("http://user:pass@host/v1", "api_key_env"),
        ("https://x.openai.azure.com/openai?api-version=1", "Azure"),
        ("http://host:99999/v1", "base address"),
        ("", "base address"),
    ],
)
def test_a_wrong_base_url_names_the_remedy(url: str, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        OpenAIOptions(base_url=url)
