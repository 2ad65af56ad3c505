"""What the brain is told."""

import os

from pydantic import Field, SecretStr

from parley.settings import CommonSettings


class BrainSettings(CommonSettings):
    """Settings of the brain."""

    brain_port: int = Field(default=8082, ge=0, le=65535)
    """Port of /livez, /readyz and /metrics."""

    openai_api_key: SecretStr = Field(default=SecretStr(""), validation_alias="OPENAI_API_KEY")
    openai_base_url: str = Field(default="", validation_alias="OPENAI_BASE_URL")
    """Empty for OpenAI itself; any server of the same protocol otherwise."""

    llm_token_timeout_s: float = Field(default=1.5, gt=0)
    """The longest pause within a model's answer; after that it is cut off."""


def secret_of(variable: str) -> str:
    """An environment variable that an agent file names; empty when it is not set."""
    return os.environ.get(variable, "")
