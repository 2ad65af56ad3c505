"""Tests of the accounts in the settings."""

import pytest

from parley.errors import ConfigError
from parley.settings import read_settings
from services.edge.settings import EdgeSettings

MAIN, SUB = "AC" + "1" * 32, "AC" + "2" * 32


def settings_of(monkeypatch: pytest.MonkeyPatch, **variables: str) -> EdgeSettings:
    """The settings that these environment variables give."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return read_settings(EdgeSettings)


def test_the_main_account_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its token, region and address are settings of their own."""
    settings = settings_of(
        monkeypatch,
        TWILIO_ACCOUNT_SID=MAIN,
        TWILIO_AUTH_TOKEN="one",  # noqa: S106 - belongs to no account
        TWILIO_REGION="ie1",
        TWILIO_EDGE="dublin",
        PARLEY_TWILIO_ACCOUNTS=f'[{{"account_sid": "{SUB}", "auth_token": "two"}}]',
    )

    assert [account.key for account in settings.all_twilio_accounts] == [(MAIN, "ie1"), (SUB, "")]
    assert "two" not in repr(settings)


def test_without_a_token_there_is_no_main_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """No request can be verified."""
    assert settings_of(monkeypatch, TWILIO_AUTH_TOKEN="").all_twilio_accounts == ()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TWILIO_ACCOUNT_SID", "SK" + "1" * 32),
        ("PARLEY_TWILIO_ACCOUNTS", '[{"account_sid": "AC1", "auth_token": "t"}]'),
        ("PARLEY_TWILIO_ACCOUNTS", f'[{{"account_sid": "{SUB}"}}]'),
        ("PARLEY_TWILIO_ACCOUNTS", "AC1:token"),
    ],
)
def test_a_wrong_account_is_refused(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    """The message names the variable."""
    with pytest.raises(ConfigError, match=variable):
        settings_of(monkeypatch, **{variable: value})
