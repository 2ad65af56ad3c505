"""Kubernetes objects as plain data, and the pods that they describe."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

Object: TypeAlias = dict[str, Any]

_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job")


@dataclass(frozen=True)
class Workload:
    """An object that creates pods, with the template of these pods."""

    object: Object
    labels: Mapping[str, str]
    """Labels of its pods."""
    spec: Mapping[str, Any]
    """Specification of its pods."""

    @property
    def name(self) -> str:
        """Kind and name, as `Deployment/parley-stt`."""
        return label_of(self.object)

    @property
    def containers(self) -> list[dict[str, Any]]:
        """All containers, those that initialize the pod first."""
        return [*self.spec.get("initContainers", []), *self.spec.get("containers", [])]


def read_objects(text: str) -> list[Object]:
    """Parse the output of `helm template`; raises ValueError for a document of another form."""
    documents = [document for document in yaml.load_all(text, _Loader) if document is not None]
    for document in documents:
        if not isinstance(document, dict) or not document.get("kind") or not document.get("apiVersion"):
            raise ValueError(f"not a Kubernetes object: {str(document)[:200]}")
    return documents


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # the C loader is optional
    """A YAML loader that refuses a key that occurs twice in a mapping, as Kubernetes does."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    repeated = {str(key) for key in keys if keys.count(key) > 1}
    if repeated:
        raise ValueError(f"line {node.start_mark.line + 1}: repeated keys {sorted(repeated)}")
    return dict(
        zip(keys, (loader.construct_object(value, deep=True) for _, value in node.value), strict=True)
    )


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def label_of(item: Mapping[str, Any]) -> str:
    """Kind and name of an object."""
    return f"{item['kind']}/{item['metadata']['name']}"


def of_kind(objects: Iterable[Object], *kinds: str) -> list[Object]:
    """The objects of these kinds."""
    return [item for item in objects if item["kind"] in kinds]


def workloads(objects: Iterable[Object]) -> Iterator[Workload]:
    """Everything that creates pods, and single pods."""
    for item in objects:
        if item["kind"] == "Pod":
            yield Workload(item, item["metadata"].get("labels") or {}, item["spec"])
        elif item["kind"] in _WORKLOADS:
            yield _from_template(item, item["spec"]["template"])
        elif item["kind"] == "CronJob":
            yield _from_template(item, item["spec"]["jobTemplate"]["spec"]["template"])


def _from_template(item: Object, template: Mapping[str, Any]) -> Workload:
    return Workload(item, (template.get("metadata") or {}).get("labels") or {}, template["spec"])


def hooks_of(item: Mapping[str, Any]) -> list[str]:
    """The Helm hooks at which an object is created; empty for a part of the release."""
    value = (item["metadata"].get("annotations") or {}).get("helm.sh/hook", "")
    return [hook.strip() for hook in value.split(",") if hook.strip()]


def lasting(objects: Iterable[Object]) -> list[Object]:
    """The objects of the release itself, without those of hooks."""
    return [item for item in objects if not hooks_of(item)]


def selects(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Whether a label selector matches; an empty one matches everything, None nothing."""
    if selector is None:
        return False
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    return all(_matches(term, labels) for term in selector.get("matchExpressions") or [])


def _matches(term: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value = labels.get(term["key"])
    match term["operator"]:
        case "In":
            return value in term["values"]
        case "NotIn":
            return value not in term["values"]
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case other:
            raise ValueError(f"unknown operator {other}")


def container_ports(workload: Workload) -> dict[str | int, int]:
    """Ports of a workload's containers by name and by number."""
    ports: dict[str | int, int] = {}
    for container in workload.spec.get("containers", []):
        for port in container.get("ports") or []:
            ports[port["containerPort"]] = port["containerPort"]
            if "name" in port:
                ports[port["name"]] = port["containerPort"]
    return ports
