"""The key of a provider that only some agents use. No I/O."""

from pydantic import SecretStr

from parley.errors import ConfigError


def required_key(key: SecretStr, variable: str, page: str) -> str:
    """Return the key.

    Raises:
        ConfigError: it is not set; the message names the variable, and the page with the account's keys.
    """
    if value := key.get_secret_value().strip():
        return value
    raise ConfigError(f"{variable}: is not set, and an agent's tts.provider needs it: get a key at {page}")
