"""Settings of the OpenAI emulator; latencies and faults can be changed while it runs."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class OpenAISandboxSettings(BaseSettings):
    """Settings of the OpenAI emulator, read from PARLEY_SANDBOX_* variables."""

    model_config = SettingsConfigDict(
        env_prefix="PARLEY_SANDBOX_", frozen=True, extra="ignore", use_attribute_docstrings=True
    )

    host: str = "127.0.0.1"
    """Interface that the emulator listens on."""
    openai_port: int = Field(default=9003, ge=0, le=65535)
    """Port of the OpenAI emulator; 0 for any free one."""
    scenario: str = "clinic"
    """Name of a file in sandbox/openai/scenarios, or a path that ends in .yaml."""
    first_token_ms: float = Field(default=350, ge=0)
    """Delay from the request to the first token."""
    tokens_per_s: float = Field(default=80, gt=0)
    """Rate of the tokens after the first one."""
    llm_refuse: int = Field(default=0, ge=0, le=599)
    """Answer with this HTTP status; 0 answers normally."""
    llm_fault: Literal["", "hang", "hang_mid", "close_mid", "error_mid", "garbage"] = ""
    """Fault of responses: `hang` sends none; the others occur within the response."""
    llm_fault_model: str = ""
    """Only requests for this model get the fault or the error status; empty for all."""
    llm_fault_requests: int = Field(default=1_000_000, ge=0)
    """Number of requests that get the fault or the error status; later ones work."""
