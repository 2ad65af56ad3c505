"""Settings of the OpenAI emulator; latencies, servers and faults can be changed while it runs."""

from datetime import date
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from sandbox.openai.faults import FAULTS, LlmFaults, LlmQuirks


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
    """Name of a file in sandbox/openai/scenarios, or a path that ends in .yaml. A model named `sandbox-NAME`,
    or by such a path, selects another scenario."""
    first_token_ms: float = Field(default=350, ge=0)
    """Delay from the request to the first token."""
    tokens_per_s: float = Field(default=80, gt=0)
    """Rate of the tokens after the first one."""
    llm_server: Literal[
        "openai", "azure", "mistral", "gemini", "vllm", "vllm-old", "ollama", "groq", "openrouter"
    ] = "openai"
    """The server that answers at `/v1`; each of them also answers at its own path, such as `/mistral/v1`."""
    llm_date: date | None = None
    """The day that decides which models were shut down; empty for today."""
    llm_refuse: int = Field(default=0, ge=0, le=599)
    """Answer with this HTTP status; 0 answers normally."""
    llm_fault: str = ""
    """Fault or quirk of every answer: a key of the two tables below."""
    llm_faults: LlmFaults = LlmFaults()
    """Shares of the answers that have faults."""
    llm_quirks: LlmQuirks = LlmQuirks()
    """Shares of the streamed answers that have quirks."""
    llm_fault_model: str = ""
    """Only requests for this model get faults and the error status; empty for all."""
    llm_fault_requests: int = Field(default=1_000_000, ge=0)
    """Number of requests that get faults or the error status; later ones work. Quirks are not counted."""
    llm_silence_s: float = Field(default=3.0, ge=0)
    """Silence of the faults `late_tool_call`, `slow_tool_call` and `stall_mid`."""

    @field_validator("llm_fault")
    @classmethod
    def _check_fault(cls, name: str) -> str:
        if name and name not in FAULTS:
            raise ValueError(f"unknown fault {name!r} (known: {', '.join(FAULTS)})")
        return name
