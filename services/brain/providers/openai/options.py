"""`llm.options` of the provider `openai` in the agent file."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _check_url(url: str) -> str:
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


class OpenAIOptions(BaseModel):
    """`llm.options`: a server for this section only, so that fallbacks can be on different servers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: Annotated[str, AfterValidator(_check_url)] | None = None
    """Base address of a server, with `/v1`; None for OPENAI_BASE_URL."""
    api_key_env: str = Field(default="", pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$")
    """Environment variable of the brain that holds the server's key; empty for OPENAI_API_KEY, which is only
    sent to OPENAI_BASE_URL and to OpenAI."""
