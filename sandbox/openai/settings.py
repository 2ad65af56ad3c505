"""Settings of the OpenAI emulator; latencies and faults can be changed while it runs."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class OpenAISandboxSettings(BaseSettings):
    """Settings of the OpenAI emulator, read from PARLEY_SANDBOX_* variables."""

    model_config = SettingsConfigDict(env_prefix="PARLEY_SANDBOX_", frozen=True, extra="ignore")

    host: str = "127.0.0.1"
    openai_port: int = Field(default=9003, ge=0, le=65535)
    scenario: str = "clinic"
    """Name of a file in sandbox/openai/scenarios, or a path that ends in .yaml."""
    first_token_ms: float = Field(default=350, ge=0)
    tokens_per_s: float = Field(default=80, gt=0)
    llm_refuse: int = Field(default=0, ge=0, le=599)
    """Answer with this HTTP status; 0 answers normally."""
    llm_fault: Literal["", "hang", "hang_mid", "close_mid", "error_mid", "garbage"] = ""
    llm_fault_model: str = ""
    """Only requests for this model get the fault or the error status; empty for all."""
    llm_fault_requests: int = Field(default=1_000_000, ge=0)
    """Number of requests that get the fault or the error status; later ones work."""
