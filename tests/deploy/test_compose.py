"""The compose file: valid by the compose schema, and complete without a .env file."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text("utf-8")
FILE: dict[str, Any] = yaml.safe_load(TEXT)
EXAMPLE = (ROOT / ".env.example").read_text("utf-8")
SERVICES = ("edge", "stt", "brain", "tts", "recorder")


def validate(text: str) -> None:
    """Check the file, with its merge keys resolved; raises ValueError."""
    compose_spec = pytest.importorskip(
        "compose_spec", reason="compose-spec has wheels for Linux on x86-64 only"
    )
    compose_spec.PyCompose.from_json(json.dumps(yaml.safe_load(text))).validate()


def test_the_file_is_valid_by_the_compose_schema() -> None:
    validate(TEXT)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("restart: always", "restart: allways"),
        ("  retries: 3", "  retrys: 3"),
        ("read_only: true", "read_only: 3"),
        ("profiles: [sandbox]", "profiles: 3"),
    ],
)
def test_the_schema_refuses_a_mistake(right: str, wrong: str) -> None:
    assert right in TEXT
    with pytest.raises((ValueError, TypeError)):
        validate(TEXT.replace(right, wrong, 1))


def test_every_variable_has_a_default() -> None:
    """A fresh clone needs no .env file for the profile sandbox."""
    for reference in re.findall(r"\$\{(.*?)\}", TEXT):
        assert re.match(r"\w+:?-", reference), reference


def test_every_variable_of_the_example_is_used() -> None:
    """A misspelt variable would be ignored."""
    used = set(re.findall(r"\$\{(\w+)", TEXT))
    listed = set(re.findall(r"^(\w+)=", EXAMPLE, re.MULTILINE))
    assert listed <= used
    assert {name for name in used if name.endswith(("_KEY", "_TOKEN", "_SID", "_PASSWORD"))} <= listed


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_confined_and_limited(name: str) -> None:
    service = FILE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["restart"] == "always"
    assert service["deploy"]["resources"]["limits"]["memory"]


def test_each_start_waits_for_what_it_needs() -> None:
    needs = {name: set(FILE["services"][name]["depends_on"]) for name in SERVICES}
    assert needs == {**{name: {"nats"} for name in SERVICES}, "recorder": {"nats", "postgres"}}
    for service in FILE["services"].values():
        for condition in service.get("depends_on", {}).values():
            assert condition == {"condition": "service_healthy"}


def test_nothing_is_published_to_other_machines() -> None:
    """Without .env, the token that signs webhooks is public."""
    for name, service in FILE["services"].items():
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:"), (name, port)


def test_every_mounted_file_exists() -> None:
    for service in FILE["services"].values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert not source.startswith(".") or (ROOT / source).exists(), source


def test_every_image_is_pinned() -> None:
    for service in FILE["services"].values():
        image = service["image"]
        assert image.startswith("parley-") or re.search(r":v?\d+\.\d+|:\d+-", image), image


@pytest.mark.parametrize(
    "path", sorted((ROOT / "deploy/compose").rglob("*.yaml")), ids=lambda path: path.name
)
def test_the_configuration_of_observability_is_yaml(path: Path) -> None:
    assert yaml.safe_load(path.read_text("utf-8"))


def test_prometheus_scrapes_every_service_at_its_metrics_port() -> None:
    scrape = yaml.safe_load((ROOT / "deploy/compose/prometheus.yaml").read_text("utf-8"))["scrape_configs"][0]
    targets = {entry["names"][0]: entry["port"] for entry in scrape["dns_sd_configs"]}
    assert targets == {"edge": 8085, "stt": 8081, "brain": 8082, "tts": 8083, "recorder": 8084}


def test_grafana_finds_its_data_sources_and_dashboards() -> None:
    sources = yaml.safe_load(
        (ROOT / "deploy/compose/grafana/datasources/datasources.yaml").read_text("utf-8")
    )
    assert {source["uid"] for source in sources["datasources"]} == {"prometheus", "tempo"}
    providers = yaml.safe_load(
        (ROOT / "deploy/compose/grafana/dashboards/dashboards.yaml").read_text("utf-8")
    )
    path = providers["providers"][0]["options"]["path"]
    assert any(
        volume.startswith(f"./deploy/dashboards:{path}") for volume in FILE["services"]["grafana"]["volumes"]
    )
