"""The options of a language model provider that name another server."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def check_url(url: str) -> str:
    """Return the URL unchanged; raises ValueError if it cannot be a base address."""
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        valid = False
    if not valid:
        raise ValueError("must be a base address such as http://127.0.0.1:8000/v1")
    if parts.username or parts.password:
        raise ValueError("must not contain a password; name the key's variable in api_key_env")
    if parts.query or parts.fragment:
        raise ValueError(
            "must have no query; for Azure use the form https://RESOURCE.openai.azure.com/openai/v1"
        )
    return url


class ServerOptions(BaseModel):
    """`llm.options`: a server for this section only, so that fallbacks can be on different servers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: Annotated[str, AfterValidator(check_url)] | None = None
    """Base address of a server; None for that of the settings."""
    api_key_env: str = Field(default="", pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$")
    """Environment variable of the brain that holds the server's key; empty for that of the settings, which is
    only sent to the server of the settings and to the provider itself."""
