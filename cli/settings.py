"""What the command line is told by the environment; everything else it passes on to the services."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class DeskSettings(BaseSettings):
    """Where a system on this machine keeps its things."""

    model_config = SettingsConfigDict(env_prefix="PARLEY_", frozen=True, extra="ignore")

    home: Path = Field(default=Path(".parley"))
    """Folder of logs, streams, tables and recordings."""
