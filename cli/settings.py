"""Settings of the command line; all other variables are passed on to the services."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from parley.settings import load


def _check_trace_url(value: str) -> str:
    if value and "{trace_id}" not in value:
        raise ValueError("must contain {trace_id}")
    return value


class CliSettings(BaseSettings):
    """Settings of the command line."""

    model_config = SettingsConfigDict(
        env_prefix="PARLEY_", frozen=True, extra="ignore", use_attribute_docstrings=True
    )

    home: Path = Field(default=Path(".parley"))
    """Folder of the logs, streams, tables and recordings of `parley up`."""
    nats_url: str = ""
    """NATS server that `parley latency` and `parley replay` read from when no system runs on this machine."""
    trace_url: Annotated[str, AfterValidator(_check_trace_url)] = ""
    """Address of a trace in your tracing system, with `{trace_id}`; `parley latency --traces` prints it as a
    link. For Jaeger: `http://localhost:16686/trace/{trace_id}`."""


def home_folder(given: Path | None) -> Path:
    """Return the folder that the command names, or that of the settings (`PARLEY_HOME`)."""
    return given or load(CliSettings).home
