"""Settings of the command line; all other variables are passed on to the services."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class CliSettings(BaseSettings):
    """Settings of the command line."""

    model_config = SettingsConfigDict(
        env_prefix="PARLEY_", frozen=True, extra="ignore", use_attribute_docstrings=True
    )

    home: Path = Field(default=Path(".parley"))
    """Folder of the logs, streams, tables and recordings of `parley up`."""
    nats_url: str = ""
    """NATS server that `parley latency` and `parley replay` read from when no system runs on this machine."""
