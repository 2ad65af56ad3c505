"""Compares the environment of a container with the settings classes of its service."""

import os
from collections.abc import Iterator, Mapping
from typing import Any, get_args
from unittest import mock

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from parley.errors import ConfigError
from parley.settings import CommonSettings, read_settings, variable
from scripts.settings_docs import settings_classes

SERVICES = ("edge", "stt", "brain", "tts", "recorder")
OWN_PREFIXES = (
    "PARLEY_",
    "TWILIO_",
    "DEEPGRAM_",
    "OPENAI_",
    "ANTHROPIC_",
    "GEMINI_",
    "ELEVENLABS_",
    "CARTESIA_",
    "ASSEMBLYAI_",
)
"""Variables of these names are settings of Parley, so that an unknown one is misspelt."""
FOREIGN = (
    "AWS_",
    "AZURE_",
    "GOOGLE_",
    "OTEL_",
    "PYTHON",
    "SSL_CERT_",
    "TZ",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "POD_",
)
"""Variables that libraries read or from which others are composed."""
SECRET = "placeholder"  # noqa: S105 - not a password
"""Stands for the value of a key in a Secret."""
_SECRET_VALUES = {
    "PARLEY_TWILIO_ACCOUNTS": "[]",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "PARLEY_POSTGRES_URL": "postgresql://user:placeholder@postgres:5432/parley",
    "PARLEY_NATS_URL": "nats://user:placeholder@nats:4222",
}


def secret_value(name: str) -> str:
    """A valid value of a variable that comes from a Secret."""
    return _SECRET_VALUES.get(name, SECRET)


def kinds_of(service: str) -> list[type[BaseSettings]]:
    """The settings classes of a service; all emulators' for `sandbox`."""
    if service == "sandbox":
        return [kind for kind in settings_classes() if kind.__module__.startswith("sandbox.")]
    return [kind for kind in settings_classes() if kind.__module__ == f"services.{service}.settings"]


def variables_of(service: str) -> dict[str, tuple[type[BaseSettings], str]]:
    """The variables of a service, with the class and field of each."""
    return {variable(kind, field): (kind, field) for kind in kinds_of(service) for field in kind.model_fields}


def secret_variables(service: str) -> set[str]:
    """The variables of a service that hold secrets."""
    return {
        name
        for name, (kind, field) in variables_of(service).items()
        if SecretStr in (kind.model_fields[field].annotation, *get_args(kind.model_fields[field].annotation))
    }


def read(service: str, environment: Mapping[str, str]) -> list[BaseSettings]:
    """The settings of a service in this environment; raises ConfigError with a line for each invalid one."""
    with mock.patch.dict(os.environ, environment, clear=True):
        return [read_settings(kind) for kind in kinds_of(service)]


def environment_problems(service: str, environment: Mapping[str, str]) -> Iterator[str]:
    """Variables that the service does not have, and values that it refuses."""
    supported = variables_of(service)
    for name in environment:
        if name not in supported and (name.startswith(OWN_PREFIXES) or not name.startswith(FOREIGN)):
            yield f"{service} has no setting {name}"
    try:
        read(service, environment)
    except ConfigError as error:
        yield from (f"{service}: {line}" for line in str(error).splitlines())


def ports_of(service: str, environment: Mapping[str, str]) -> dict[str, int]:
    """The ports that a service listens on in this environment, by setting; without those that are off."""
    ports: dict[str, int] = {}
    for settings in read(service, environment):
        values: dict[str, Any] = settings.model_dump()
        ports |= {name: value for name, value in values.items() if name.endswith("_port") and value}
    return ports


def common(service: str, environment: Mapping[str, str]) -> CommonSettings:
    """The settings that all services share, as this service reads them."""
    settings = read(service, environment)[0]
    assert isinstance(settings, CommonSettings)
    return settings
