"""Settings that all services share, read from the environment. Only settings.py files read it."""

import re
import sys
from collections.abc import Iterator
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, AliasChoices, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from parley.errors import ConfigError


def check_url(value: str, *schemes: str) -> str:
    """Return a URL that is empty or has one of the schemes; raise ValueError otherwise."""
    scheme, _, rest = value.partition("://")
    if value and (scheme not in schemes or not rest):
        raise ValueError(f"must be a URL that starts with {' or '.join(f'{name}://' for name in schemes)}")
    return value


def _check_http(value: str) -> str:
    return check_url(value, "http", "https")


def _check_provider(value: str) -> str:
    check_url(value, "http", "https", "ws", "wss")
    return f"http{value.removeprefix('ws')}" if value.startswith("ws") else value


def _check_servers(value: str) -> str:
    for server in value.split(","):
        check_url(server.strip(), "nats", "tls", "ws", "wss")
    return value


HttpUrl = Annotated[str, AfterValidator(_check_http)]
"""Base address of an HTTP service, or empty."""

ProviderUrl = Annotated[str, AfterValidator(_check_provider)]
"""Base address of a provider with HTTP and WebSocket endpoints, or empty; ws:// and wss:// become http(s)://."""


class CommonSettings(BaseSettings):
    """Settings that all services share."""

    model_config = SettingsConfigDict(
        env_prefix="PARLEY_",
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        env_ignore_empty=True,
        use_attribute_docstrings=True,
    )

    nats_url: Annotated[str, AfterValidator(_check_servers)] = "nats://127.0.0.1:4222"
    """Addresses of the NATS servers, separated by commas."""

    nats_replicas: int = Field(default=1, ge=1, le=5)
    """Replicas of each JetStream stream: 3 on a cluster of three servers. Start these with
    `deploy/nats-cluster.conf`, so that a frozen server is detected within 1.5 s."""

    nats_credentials_file: str = ""
    """NATS credentials file (`.creds`). A user name and password, or a token, may be part of
    `PARLEY_NATS_URL` instead."""

    nats_ca_file: str = ""
    """Certificates of the authorities that sign the NATS servers' certificates; empty for the system's. With
    `tls://` in `PARLEY_NATS_URL`, the connection is encrypted."""

    nats_cert_file: str = ""
    """Client certificate, for NATS servers that verify clients."""

    nats_key_file: str = ""
    """Private key of `PARLEY_NATS_CERT_FILE`."""

    audio_stream_max_bytes: int = Field(default=2 * 1024**3, ge=64 * 1024**2)
    """Maximum size of the stream `AUDIO`, which should hold 15 minutes of all calls: about 30 MB per call.
    Equal in all services, as are the next two."""

    calls_stream_max_bytes: int = Field(default=4 * 1024**3, ge=64 * 1024**2)
    """Maximum size of the stream `CALLS`; the oldest events are dropped first."""

    calls_stream_max_age_s: float = Field(default=30 * 24 * 3600, ge=3600)
    """How long the events of a call are retained."""

    start_timeout_s: float = Field(default=30.0, gt=0)
    """How long a starting service waits for NATS and the database."""

    max_calls: int = Field(default=100, ge=1)
    """Maximum number of calls that one process handles at a time; an edge refuses none."""

    call_check_interval_s: float = Field(default=15.0, gt=0)
    """Interval at which a stage checks that a call's media stream is alive. If it is not, an edge asks Twilio
    whether the call has ended, so that the end of a call is noticed even if nothing reports it."""

    drain_timeout_s: float = Field(default=30.0, ge=0)
    """How long a stopping process waits for a safe point at which to hand each call over. The edge waits this
    long for its calls to end, then moves the rest to another edge."""

    http_host: str = "127.0.0.1"
    """Interface on which /livez, /readyz, /metrics and the edge's webhooks are served."""

    otlp_endpoint: HttpUrl = Field(default="", validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    """Base address of an OTLP/HTTP collector for traces; empty to export none."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Minimum level of the log messages that are written."""

    log_format: Literal["auto", "json", "text"] = "auto"
    """Format of log lines; `auto` is text on a terminal and JSON elsewhere."""

    shadow: bool = False
    """Run stt or the brain as a shadow: it follows live calls without acting and logs where its decisions
    differ from those of the owner."""

    shadow_agents_dir: str = ""
    """Folder of agent files that a shadow tries on live calls; empty to use the agents of the calls."""

    agents_dir: str = "agents"
    """Folder of the agent files."""

    agent: str = "clinic"
    """Name of the agent file for calls that do not specify one."""


Settings = TypeVar("Settings", bound=BaseSettings)


def load(kind: type[Settings]) -> Settings:
    """Read settings from the environment; if some are invalid, print a line for each and exit with code 2."""
    try:
        return read_settings(kind)
    except ConfigError as error:
        print(error, file=sys.stderr)  # noqa: T201 - logs are not set up yet
        raise SystemExit(2) from None


def read_settings(kind: type[Settings]) -> Settings:
    """Read settings from the environment.

    Raises:
        ConfigError: a value is missing or invalid; the message has one line for each such variable.
    """
    try:
        return kind()
    except ValidationError as error:
        problems = list(_refused(kind, error))
    except SettingsError as error:
        problems = [_unreadable(kind, error)]
    raise ConfigError("\n".join(problems))


def variable(kind: type[BaseSettings], field: str) -> str:
    """The environment variable of a field."""
    alias = kind.model_fields[field].validation_alias
    if isinstance(alias, AliasChoices):
        return str(alias.choices[0])
    return str(alias) if alias else f"{kind.model_config.get('env_prefix', '')}{field}".upper()


def _refused(kind: type[BaseSettings], error: ValidationError) -> Iterator[str]:
    for problem in error.errors():
        first, *inner = map(str, problem["loc"])
        # A field with an alias is reported under its alias, which is the full name of the variable.
        name = variable(kind, first) if first in kind.model_fields else first
        reason = "is required" if problem["type"] == "missing" else problem["msg"]
        yield f"{'.'.join([name, *inner])}: {reason.removeprefix('Value error, ')}"


def _unreadable(kind: type[BaseSettings], error: SettingsError) -> str:
    found = re.search(r'field "(\w+)"', str(error))
    return f"{variable(kind, found[1])}: must be JSON" if found else str(error)
