"""Every setting of every service is set by the chart, comes from a Secret, or can be given in its values."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from tests.deploy.chart_check import documented_keys
from tests.deploy.helm import HelmError, template
from tests.deploy.matrix import CHOSEN, tuples, values_of
from tests.deploy.objects import Object, workloads
from tests.deploy.rules.settings import environment_of, service_of, settings_problems, unset
from tests.deploy.service_settings import SERVICES, read, secret_variables, variables_of

_NOT_IN_A_CLUSTER = {
    "PARLEY_EDGE_REUSE_PORT": "for several edges on one machine; each pod has a network of its own",
    "PARLEY_EDGE_DIRECT_PORT": "for several edges on one machine; an ingress reaches each pod by its Service",
    "PARLEY_SHADOW": "a shadow is a second deployment, which must not be given work",
}


@pytest.fixture(scope="module")
def renderings(tool: Callable[[str], Path]) -> list[list[Object]]:
    """The chart for every pair of decisions."""
    return [template(tool("helm4"), values_of(choice)) for choice in [*CHOSEN, *tuples(2)]]


@pytest.mark.parametrize("service", SERVICES)
def test_the_chart_sets_or_takes_every_setting(
    tool: Callable[[str], Path], renderings: list[list[Object]], service: str
) -> None:
    left = set.intersection(*(unset(objects, service) for objects in renderings)) - set(_NOT_IN_A_CLUSTER)
    assert not left & secret_variables(service), "a Secret cannot be given in settings"
    given = {name: _other(service, name) for name in sorted(left)}
    objects = template(tool("helm4"), {**values_of({}), service: {"settings": given}})
    assert [*settings_problems(objects)] == []
    (environment,) = [
        environment_of(workload.spec["containers"][0], objects)
        for workload in workloads(objects)
        if service_of(workload) == service and workload.object["kind"] != "Job"
    ]
    values = {
        name: value
        for settings in read(service, environment)
        for name, value in settings.model_dump().items()
    }
    for name, value in given.items():
        assert values[variables_of(service)[name][1]] == value, name


def _other(service: str, name: str) -> Any:
    """A valid value of a setting that is not its default."""
    kind, field = variables_of(service)[name]
    default = kind.model_fields[field].default
    if isinstance(default, bool):
        return not default
    if isinstance(default, int | float):
        return default + 1
    choices = get_args(kind.model_fields[field].annotation)
    if choices and all(isinstance(choice, str) for choice in choices):
        return next(choice for choice in choices if choice != default)
    return {"PARLEY_FROM_NUMBER": "+15551234567", "PARLEY_LANGUAGE": "de"}.get(name, "text")


@pytest.mark.parametrize("service", SERVICES)
def test_every_secret_of_a_service_is_documented(service: str) -> None:
    missing = [name for name in secret_variables(service) if name not in documented_keys()]
    assert missing == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"settings": {"PARLEY_LOG_LEVLE": "info"}}, "no service has a setting PARLEY_LOG_LEVLE"),
        ({"stt": {"settings": {"PARLEY_STT_TIMEOUT": 1}}}, "stt has no setting PARLEY_STT_TIMEOUT"),
        ({"stt": {"settings": {"PARLEY_TTS_KEEP_ALIVE_S": 1}}}, "stt has no setting PARLEY_TTS_KEEP_ALIVE_S"),
        ({"stt": {"settings": {"DEEPGRAM_API_KEY": "abc"}}}, "DEEPGRAM_API_KEY comes from the Secret"),
        ({"edge": {"settings": {"PARLEY_EDGE_PORT": 80}}}, "PARLEY_EDGE_PORT is set by the chart"),
    ],
)
def test_a_setting_in_the_wrong_place_is_refused(
    tool: Callable[[str], Path], values: dict[str, Any], expected: str
) -> None:
    with pytest.raises(HelmError, match=expected):
        template(tool("helm4"), {**values_of({}), **values})


def test_a_setting_for_all_reaches_the_services_that_have_it(tool: Callable[[str], Path]) -> None:
    values = {**values_of({}), "settings": {"PARLEY_TTS_KEEP_ALIVE_S": 7, "TZ": "UTC"}}
    objects = template(tool("helm4"), values)
    assert [*settings_problems(objects)] == []
    found = {
        service_of(workload): environment_of(workload.spec["containers"][0], objects)
        for workload in workloads(objects)
        if workload.object["kind"] != "Job"
    }
    assert [service for service in found if "PARLEY_TTS_KEEP_ALIVE_S" in found[service]] == ["tts"]
    assert all(environment["TZ"] == "UTC" for environment in found.values())
