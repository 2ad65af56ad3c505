"""The chart renders valid objects for every combination of three of an operator's decisions."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.deploy.chart_check import KUBERNETES_VERSIONS, check, rule_problems
from tests.deploy.helm import CHART, HelmError, run, template
from tests.deploy.matrix import CHOSEN, DECISIONS, name_of, tuples, values_of
from tests.deploy.objects import Object

pytestmark = pytest.mark.timeout(300)

_CHUNKS = 8


@pytest.fixture(scope="module")
def seen() -> dict[str, list[str]]:
    """Objects that were validated by an earlier test of this file."""
    return {}


@pytest.mark.parametrize("helm", ["helm3", "helm4"])
@pytest.mark.parametrize("choice", CHOSEN, ids=name_of)
def test_the_linter_finds_nothing(tool: Callable[[str], Path], helm: str, choice: dict[str, str]) -> None:
    output = run(tool(helm), "lint", "--strict", str(CHART), values=values_of(choice))
    assert "0 chart(s) failed" in output
    assert "[WARNING]" not in output


@pytest.mark.parametrize("choice", CHOSEN, ids=name_of)
def test_chosen_values_render_valid_objects(
    tool: Callable[[str], Path], seen: dict[str, list[str]], choice: dict[str, str]
) -> None:
    assert check(tool("helm4"), values_of(choice), seen) == []


@pytest.mark.parametrize("chunk", range(_CHUNKS))
def test_every_combination_of_three_decisions_renders_valid_objects(
    tool: Callable[[str], Path], seen: dict[str, list[str]], chunk: int
) -> None:
    helm = tool("helm4")
    found = {
        name_of(choice): problems
        for choice in tuples(3)[chunk::_CHUNKS]
        if (problems := check(helm, values_of(choice), seen))
    }
    assert found == {}


def test_the_combinations_contain_every_three_alternatives() -> None:
    rows = [set(choice.items()) for choice in tuples(3)]
    for group in itertools.combinations(DECISIONS, 3):
        for combination in itertools.product(
            *([(decision, alternative) for alternative in DECISIONS[decision]] for decision in group)
        ):
            assert any(set(combination) <= row for row in rows), combination


def test_both_versions_of_helm_render_the_same(tool: Callable[[str], Path]) -> None:
    for choice in [*CHOSEN, *tuples(2)[::2]]:
        values = values_of(choice)
        old, new = template(tool("helm3"), values), template(tool("helm4"), values)
        assert _without_password(old) == _without_password(new), name_of(choice)


def _without_password(objects: list[Object]) -> list[Object]:
    """Without the password of a trial's Postgres, which Helm draws where it finds none in the cluster."""
    return [
        item for item in objects if not (item["kind"] == "Secret" and "trial" in item["metadata"]["name"])
    ]


@pytest.mark.parametrize("version", KUBERNETES_VERSIONS)
def test_each_version_of_kubernetes_gets_the_same_objects(tool: Callable[[str], Path], version: str) -> None:
    values = values_of({"scaling": "keda", "monitoring": "on"})
    assert template(tool("helm4"), values, kube_version=f"{version}.0") == template(tool("helm4"), values)


def test_an_older_kubernetes_is_refused(tool: Callable[[str], Path]) -> None:
    with pytest.raises(HelmError, match="incompatible with Kubernetes"):
        template(tool("helm4"), values_of({}), kube_version="1.29.9")


def test_a_long_release_name_gives_valid_names(tool: Callable[[str], Path]) -> None:
    objects = template(
        tool("helm4"), values_of({"servers": "trial with sandbox", "policies": "closed"}), release="r" * 53
    )
    assert [*rule_problems(objects)] == []


def test_two_releases_in_one_namespace_share_no_name(tool: Callable[[str], Path]) -> None:
    values = values_of({"servers": "trial with sandbox", "policies": "closed", "recordings": "volume"})
    first, second = (
        {
            (item["kind"], item["metadata"]["name"])
            for item in template(tool("helm4"), values, release=release)
        }
        for release in ("parley", "parley-two")
    )
    assert first & second == set()


def test_the_alerts_and_dashboards_are_in_the_release(tool: Callable[[str], Path]) -> None:
    objects = template(tool("helm4"), values_of({"monitoring": "on"}))
    rules = {item["metadata"]["name"] for item in objects if item["kind"] == "PrometheusRule"}
    expected = {f"parley-{path.stem}" for path in (CHART / "files" / "alerts").glob("*.yaml")}
    assert expected
    assert rules == expected
    boards = [key for item in objects if item["kind"] == "ConfigMap" for key in item["data"]]
    assert {path.name for path in (CHART / "files" / "dashboards").glob("*.json")} <= set(boards)
