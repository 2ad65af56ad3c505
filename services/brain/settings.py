"""Settings of the brain."""

import os

from pydantic import Field, SecretStr

from parley.database.settings import DatabaseSettings
from parley.settings import HttpUrl


class BrainSettings(DatabaseSettings):
    """Settings of the brain."""

    brain_port: int = Field(default=8082, ge=0, le=65535)
    """Port of /livez, /readyz and /metrics; 0 for any free one."""

    openai_api_key: SecretStr = Field(default=SecretStr(""), validation_alias="OPENAI_API_KEY")
    """API key for OpenAI, or for another server with the same protocol."""

    openai_base_url: HttpUrl = Field(default="", validation_alias="OPENAI_BASE_URL")
    """Base address, with `/v1`, of any server with the same protocol; empty for OpenAI itself."""

    anthropic_api_key: SecretStr = Field(default=SecretStr(""), validation_alias="ANTHROPIC_API_KEY")
    """API key for Anthropic."""

    anthropic_base_url: HttpUrl = Field(default="", validation_alias="ANTHROPIC_BASE_URL")
    """Base address, without `/v1`, of another server with Anthropic's protocol; empty for Anthropic."""

    gemini_api_key: SecretStr = Field(default=SecretStr(""), validation_alias="GEMINI_API_KEY")
    """API key for Google's Gemini API."""

    gemini_base_url: HttpUrl = Field(default="", validation_alias="GEMINI_BASE_URL")
    """Base address, without `/v1beta`, of another server with Gemini's protocol; empty for Google."""

    llm_token_timeout_s: float = Field(default=1.5, gt=0)
    """Maximum pause within the text of a model's response, after which the request is abandoned."""

    llm_tool_call_timeout_s: float = Field(default=5.0, gt=0)
    """Maximum pause before a tool call; many servers send a call only when it is complete. The limit within a
    call is learned, and at most as long."""


def read_secret(variable: str) -> str:
    """Return the environment variable that an agent file names; empty if it is not set."""
    return os.environ.get(variable, "")
