"""Settings are read from the environment, and a refused one is named with its reason."""

from typing import Annotated

import pytest
from pydantic import AfterValidator, AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from parley.settings import CommonSettings, HttpUrl, ProviderUrl, check_url, load, variable


class Example(BaseSettings):
    """Settings with every kind of name."""

    model_config = SettingsConfigDict(env_prefix="X_", env_ignore_empty=True, populate_by_name=True)

    count: int = 1
    key: SecretStr = Field(validation_alias="SOME_KEY")
    port: int = Field(default=1, validation_alias=AliasChoices("X_MAIN_PORT", "X_PORT"))
    hosts: tuple[str, ...] = ()
    base_url: HttpUrl = ""
    provider_url: ProviderUrl = ""

    @field_validator("key")
    @classmethod
    def _check_key(cls, key: SecretStr) -> SecretStr:
        check_url(key.get_secret_value(), "postgresql", "postgres")
        return key


def refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], **variables: str
) -> list[str]:
    """The lines that are printed when these variables are refused."""
    monkeypatch.setenv("SOME_KEY", "postgres://u:secret@h/d")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        load(Example)
    assert ended.value.code == 2
    return capsys.readouterr().err.splitlines()


def test_a_refused_variable_is_named_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each refused variable has one line."""
    lines = refused(monkeypatch, capsys, X_COUNT="many", X_MAIN_PORT="x")
    assert [line.split(":")[0] for line in lines] == ["X_COUNT", "X_MAIN_PORT"]
    assert "valid integer" in lines[0]


def test_a_missing_variable_is_required(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty one counts as missing."""
    assert refused(monkeypatch, capsys, SOME_KEY="") == ["SOME_KEY: is required"]


def test_a_refused_secret_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message describes only the required format."""
    lines = refused(monkeypatch, capsys, SOME_KEY="mysql://u:secret@h/d")
    assert lines == ["SOME_KEY: must be a URL that starts with postgresql:// or postgres://"]


def test_a_value_that_is_not_json_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The field expects a list or an object."""
    assert refused(monkeypatch, capsys, X_HOSTS="a,b") == ["X_HOSTS: must be JSON"]


@pytest.mark.parametrize("url", ["ws://h:1", "ftp://h", "h:80", "http://", "nonsense"])
def test_an_http_address_is_checked(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It needs the right scheme and a host."""
    expected = "X_BASE_URL: must be a URL that starts with http:// or https://"
    assert refused(monkeypatch, capsys, X_BASE_URL=url) == [expected]


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("", ""),
        ("http://h:1", "http://h:1"),
        ("https://h/v1", "https://h/v1"),
        ("ws://h:1", "http://h:1"),
        ("wss://ws.h", "https://ws.h"),
    ],
)
def test_a_provider_may_be_addressed_by_either_protocol(given: str, used: str) -> None:
    """Clients derive the WebSocket address from the HTTP address."""
    assert Example(key=SecretStr(""), provider_url=given).provider_url == used


@pytest.mark.parametrize("servers", ["nats://h:1", "nats://a:1,tls://b:2", "nats://a:1, ws://b:2"])
def test_several_servers_may_be_named(servers: str) -> None:
    """They are separated by commas, with or without spaces."""
    assert CommonSettings(nats_url=servers).nats_url == servers


@pytest.mark.parametrize("servers", ["h:4222", "nats://a:1,h:4222", "http://h:1", "nats://"])
def test_a_wrong_server_address_is_refused(servers: str) -> None:
    """It is also refused as the second of several."""
    with pytest.raises(ValidationError, match=r"starts with nats://"):
        CommonSettings(nats_url=servers)


def test_variables_are_named_by_alias_or_prefix() -> None:
    """The name of a field with several aliases is the first one."""
    assert variable(Example, "count") == "X_COUNT"
    assert variable(Example, "key") == "SOME_KEY"
    assert variable(Example, "port") == "X_MAIN_PORT"


def test_validators_may_be_combined() -> None:
    """An address type can be narrowed further."""

    class Narrow(BaseSettings):
        url: Annotated[HttpUrl, AfterValidator(str.lower)] = ""

    assert Narrow(url="http://H").url == "http://h"
