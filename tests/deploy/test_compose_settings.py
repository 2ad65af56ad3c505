"""Every variable, port and health check of docker-compose.yml is checked against the services' settings."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from tests.deploy.helm import ROOT
from tests.deploy.service_settings import (
    SERVICES,
    common,
    environment_problems,
    ports_of,
    secret_value,
    secret_variables,
    variables_of,
)

_REFERENCE = re.compile(r"\$\{(\w+)(?:(:?[-?+])([^}]*))?\}|\$\$")
_SHUTDOWN_MARGIN_S = 5.0
_IMAGE_DEFAULTS = {"PARLEY_HTTP_HOST": "0.0.0.0"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file, with a value for everything that the operator gives."""
    text = (ROOT / "docker-compose.yml").read_text()
    document: dict[str, Any] = yaml.safe_load(_REFERENCE.sub(_given, text))
    return document


def _given(found: re.Match[str]) -> str:
    name, operator, rest = found.groups()
    if name is None:
        return "$"
    if operator in ("-", ":-"):
        return rest
    return "https://calls.example.com" if name.endswith("_URL") else secret_value(name)


def _environment(service: Mapping[str, Any]) -> dict[str, str]:
    given = service.get("environment") or {}
    if isinstance(given, list):
        given = dict(entry.split("=", 1) for entry in given)
    return {name: _text(value) for name, value in given.items()}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _files(service: Mapping[str, Any]) -> dict[str, str]:
    """Variables of the env_file, as .env.example lists them."""
    example = ROOT / ".env.example"
    if not service.get("env_file"):
        return {}
    lines = (line.partition("=") for line in example.read_text().splitlines() if re.match(r"\w+=", line))
    return {name: value for name, _, value in lines}


@pytest.mark.parametrize("name", SERVICES)
def test_variables_are_settings_of_the_service(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    environment = _IMAGE_DEFAULTS | _environment(service)
    environment |= {secret: secret_value(secret) for secret in secret_variables(name) - set(environment)}
    assert [*environment_problems(name, environment)] == []


@pytest.mark.parametrize("name", SERVICES)
def test_the_service_drains_before_it_is_killed(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    environment = _IMAGE_DEFAULTS | _environment(service)
    environment |= {secret: secret_value(secret) for secret in secret_variables(name) - set(environment)}
    grace_s = float(re.fullmatch(r"(\d+)s", service["stop_grace_period"])[1])  # type: ignore[index]
    assert grace_s >= common(name, environment).drain_timeout_s + _SHUTDOWN_MARGIN_S


@pytest.mark.parametrize("name", SERVICES)
def test_published_ports_are_ports_of_the_service(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    environment = _IMAGE_DEFAULTS | _environment(service)
    environment |= {secret: secret_value(secret) for secret in secret_variables(name) - set(environment)}
    ports = ports_of(name, environment)
    published = [
        int(str(_target(port)).partition("/")[0].rpartition(":")[2]) for port in service.get("ports") or []
    ]
    assert set(published) <= set(ports.values())
    if name == "edge":
        assert ports["edge_port"] in published
        assert ports["edge_metrics_port"] not in published, "/metrics must not be public"
    else:
        assert published == []


def _target(port: object) -> object:
    return port["target"] if isinstance(port, dict) else port


def test_the_example_of_env_has_only_settings_of_services(compose: dict[str, Any]) -> None:
    files = _files(compose["services"]["edge"])
    supported = {name for service in SERVICES for name in variables_of(service)}
    referenced = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    assert set(files) <= supported | referenced | {"COMPOSE_PROFILES", "COMPOSE_PROJECT_NAME"}


@pytest.mark.parametrize("name", SERVICES)
def test_every_secret_of_a_service_can_be_given(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    example = ROOT / ".env.example"
    listed = set(re.findall(r"^#?\s*(\w+)=", example.read_text(), re.MULTILINE)) | set(_environment(service))
    assert secret_variables(name) <= listed
