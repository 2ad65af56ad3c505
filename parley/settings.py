"""What every service is told. Only settings.py files read the environment."""

import sys
from typing import Literal, TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class CommonSettings(BaseSettings):
    """Settings that all services share."""

    model_config = SettingsConfigDict(
        env_prefix="PARLEY_", frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    nats_url: str = "nats://127.0.0.1:4222"
    """Addresses of the bus, separated by commas."""

    nats_replicas: int = Field(default=1, ge=1, le=5)
    """Copies of each stream: 3 on a cluster of three."""

    start_timeout_s: float = Field(default=30.0, gt=0)
    """How long a service waits at its start for the bus and the database."""

    max_calls: int = Field(default=100, ge=1)
    """Calls that one process of a stage takes at the most."""

    drain_timeout_s: float = Field(default=30.0, ge=0)
    """How long a stopping process waits, for each call, for a good moment to hand it over."""

    http_host: str = "127.0.0.1"
    """Where /livez, /readyz and /metrics (and the edge's webhooks) are served."""

    otlp_endpoint: str = Field(default="", validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    """Where traces go over OTLP/HTTP; empty for nowhere."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "text"] = "auto"
    """`auto`: text on a terminal, JSON elsewhere."""

    shadow: bool = False
    """Of stt and brain: watch live calls, say nothing, tell where it would have acted otherwise."""

    agents_dir: str = "agents"
    """Folder of agent files."""

    agent: str = "clinic"
    """Name of the agent file that answers when nothing else is said."""


Settings = TypeVar("Settings", bound=BaseSettings)


def load(kind: type[Settings]) -> Settings:
    """Read settings from the environment, or end the process with a line that names each wrong variable."""
    try:
        return kind()
    except ValidationError as error:
        for problem in error.errors():
            # A field with an alias is named by its alias here, which is the variable's whole name.
            field = str(problem["loc"][0])
            prefix = kind.model_config.get("env_prefix", "")
            name = f"{prefix}{field}".upper() if field in kind.model_fields else field
            print(f"{name}: {problem['msg']}", file=sys.stderr)  # noqa: T201 - logs are not set up yet
        raise SystemExit(2) from None
