"""Renders the chart for one combination of values and applies every rule to what it renders."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tests.deploy.helm import CHART, HelmError, template
from tests.deploy.objects import Object
from tests.deploy.rules.hooks import hook_problems
from tests.deploy.rules.names import name_problems
from tests.deploy.rules.network import unmatched
from tests.deploy.rules.pod_security import pod_security_problems
from tests.deploy.rules.references import reference_problems
from tests.deploy.rules.scaling import scaling_problems
from tests.deploy.rules.services import service_problems
from tests.deploy.rules.settings import settings_problems
from tests.deploy.schemas import schema_problems

KUBERNETES_VERSIONS = ("1.30", "1.34", "1.37")
"""The oldest that the chart allows, one between, and the newest that there are schemas for."""

_Cache = dict[str, list[str]]


def check(helm: Path, values: Mapping[str, Any], seen: _Cache) -> list[str]:
    """Everything that is wrong with the chart for these values.

    Args:
        helm: the program.
        values: values of the chart.
        seen: problems of objects that were validated before; objects repeat in most combinations.
    """
    try:
        objects = template(helm, values)
    except HelmError as error:
        return [str(error)]
    return [*rule_problems(objects), *_schemas(objects, seen)]


def rule_problems(objects: Sequence[Object]) -> Iterator[str]:
    """The problems that the rules find in rendered objects."""
    yield from name_problems(objects)
    yield from pod_security_problems(objects)
    yield from reference_problems(objects, documented_keys())
    yield from service_problems(objects)
    yield from scaling_problems(objects)
    yield from hook_problems(objects)
    yield from settings_problems(objects)
    yield from unmatched(objects)


@cache
def documented_keys() -> str:
    """The text in which the keys of the operator's Secrets and ConfigMaps are documented."""
    return (CHART / "values.yaml").read_text() + (CHART / "README.md").read_text() + "BOOKING_KEY tls.crt"


def _schemas(objects: Sequence[Object], seen: _Cache) -> Iterator[str]:
    for item in objects:
        key = hashlib.sha256(json.dumps(item, sort_keys=True).encode()).hexdigest()
        if key not in seen:
            seen[key] = [
                problem for version in KUBERNETES_VERSIONS for problem in schema_problems(item, version)
            ]
        yield from seen[key]
