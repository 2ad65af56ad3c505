"""Strict validation of Kubernetes objects against the schemas of a version, and of custom resources."""

import functools
import json
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import referencing

from tests.deploy.custom_resources import custom_resource_problems, is_custom
from tests.deploy.objects import Object, label_of


def schema_problems(item: Object, version: str) -> list[str]:
    """Fields that a Kubernetes API server of this version (`1.37`) would refuse."""
    if is_custom(item):
        return [f"{label_of(item)}: {problem}" for problem in custom_resource_problems(item)]
    validator = _validator(version, item["kind"], item["apiVersion"])
    if validator is None:
        return [f"{label_of(item)}: Kubernetes {version} has no {item['kind']} in {item['apiVersion']}"]
    return [f"{label_of(item)}: {problem}" for problem in _errors(validator, item)]


def _errors(validator: Any, item: Object) -> Iterator[str]:
    for error in validator.iter_errors(item):
        yield f"{'.'.join(map(str, error.absolute_path))}: {error.message[:300]}"


@functools.cache
def _validator(version: str, kind: str, api_version: str) -> Any | None:
    folder = _folder(version)
    group, _, number = api_version.rpartition("/")
    name = "-".join(filter(None, [kind.lower(), group.partition(".")[0], number]))
    schema = folder.joinpath(f"{name}.json")
    if not schema.is_file():
        return None
    content = json.loads(schema.read_text())
    registry: Any = referencing.Registry()
    registry = referencing.Resource.from_contents(content) @ registry
    registry = _definitions(version) @ registry
    return jsonschema.validators.Draft202012Validator(content, registry=registry)


@functools.cache
def _definitions(version: str) -> Any:
    content: Mapping[str, Any] = json.loads(_folder(version).joinpath("_definitions.json").read_text())
    return referencing.Resource.from_contents(content)


def _folder(version: str) -> Any:
    """Folder of a version's schemas; kubernetes-validate itself reads them again for every object."""
    all_schemas = resources.files("kubernetes_validate") / "kubernetes-json-schema"
    (found,) = [
        folder
        for folder in all_schemas.iterdir()
        if folder.name.startswith(f"v{version}.") and folder.name.endswith("-local-strict")
    ]
    return found
