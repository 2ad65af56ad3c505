"""The server of a section, and the key that it gets: no other server may ever see it."""

import pytest

from services.brain.providers.streams.options import ServerOptions
from services.brain.providers.streams.servers import ServerSettings, base_address

OWN = "https://api.vendor.example"


def settings(url: str = "") -> ServerSettings:
    return ServerSettings(own_url=OWN, url=url, key="secret", key_env="VENDOR_API_KEY")


def test_the_providers_own_server_gets_the_key() -> None:
    server = settings().find(ServerOptions())

    assert (server.base_url, server.key, server.key_env) == (OWN, "secret", "VENDOR_API_KEY")
    assert server.is_providers_own


def test_the_server_of_the_settings_gets_the_key() -> None:
    server = settings("http://127.0.0.1:9003/path/").find(ServerOptions())

    assert (server.base_url, server.key) == ("http://127.0.0.1:9003/path", "secret")
    assert not server.is_providers_own


@pytest.mark.parametrize(
    "url",
    [
        "http://api.vendor.example",
        "https://api.vendor.example.evil.com",
        "https://evil.com/api.vendor.example",
        "https://127.0.0.1:9003",
        "http://127.0.0.1:9004",
    ],
)
def test_no_other_server_gets_the_key(url: str) -> None:
    server = settings("http://127.0.0.1:9003").find(ServerOptions(base_url=url))

    assert (server.key, server.key_env) == ("", "options.api_key_env")


def test_a_section_may_name_a_key_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER_KEY", "other")
    options = ServerOptions(base_url="http://127.0.0.1:1/v1", api_key_env="OTHER_KEY")

    assert settings().find(options).key == "other"


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://h/v1//", "http://h/v1"),
        ("http://h/v1/chat/completions/", "http://h/v1"),
        ("https://h/openai/v1/responses", "https://h/openai/v1"),
        ("http://h/anthropic/v1/messages", "http://h/anthropic/v1"),
        ("https://h.services.ai.azure.com/models", "https://h.services.ai.azure.com/models"),
    ],
)
def test_address_of_a_request_becomes_that_of_its_server(url: str, base: str) -> None:
    assert base_address(url) == base
