"""The key of a provider that only some agents use."""

import pytest
from pydantic import SecretStr

from parley.errors import ConfigError
from services.tts.providers.required_key import required_key


@pytest.mark.parametrize("value", ["", "  "])
def test_a_missing_key_is_explained(value: str) -> None:
    """The error names the variable and the page."""
    with pytest.raises(ConfigError, match=r"X_API_KEY: is not set.*https://x\.example/keys"):
        required_key(SecretStr(value), "X_API_KEY", "https://x.example/keys")


def test_a_key_is_returned_without_spaces() -> None:
    """A line break at its end would be refused as a header."""
    assert required_key(SecretStr("k\n"), "X_API_KEY", "p") == "k"
