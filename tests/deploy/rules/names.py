"""Names, labels and keys that a Kubernetes API server accepts, each object once."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.deploy.helm import NAMESPACE
from tests.deploy.objects import Object, label_of, workloads

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SERVICE = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
_DATA_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_VARIABLE = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
_PORT_NAME = re.compile(r"(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*")

# A StatefulSet's pods carry its name with a revision of 11 characters in a label, a Job's pods its name.
_MAX_LENGTHS = {"Service": 63, "StatefulSet": 52, "Job": 63, "CronJob": 52, "Deployment": 63}
_STANDARD_LABELS = (
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/managed-by",
    "helm.sh/chart",
)


def name_problems(objects: Sequence[Object]) -> Iterator[str]:
    """Objects that occur twice, or with a name, label or key that is refused."""
    seen = Counter(
        (
            item["apiVersion"].rpartition("/")[0],
            item["kind"],
            item["metadata"].get("namespace"),
            item["metadata"]["name"],
        )
        for item in objects
    )
    yield from (f"{key[1]}/{key[3]} is rendered {count} times" for key, count in seen.items() if count > 1)
    for item in objects:
        for problem in _object(item):
            yield f"{label_of(item)}: {problem}"
    for workload in workloads(objects):
        for problem in _pod(workload.spec, workload.labels):
            yield f"{workload.name}: {problem}"


def _object(item: Object) -> Iterator[str]:
    metadata = item["metadata"]
    pattern = _SERVICE if item["kind"] == "Service" else _SUBDOMAIN
    if not pattern.fullmatch(metadata["name"]):
        yield "the name is not a DNS name"
    max_length = _MAX_LENGTHS.get(item["kind"], 253)
    if len(metadata["name"]) > max_length:
        yield f"the name has {len(metadata['name'])} characters, at most {max_length} are possible"
    if metadata.get("namespace") not in (None, NAMESPACE):
        yield f"namespace {metadata['namespace']}, not that of the release"
    labels = metadata.get("labels") or {}
    yield from (f"no label {label}" for label in _STANDARD_LABELS if label not in labels)
    yield from _labels(labels)
    for key, value in (metadata.get("annotations") or {}).items():
        if not isinstance(value, str):
            yield f"annotation {key} is not a text"
    if item["kind"] in ("ConfigMap", "Secret"):
        for key in [*(item.get("data") or {}), *(item.get("stringData") or {})]:
            if not _DATA_KEY.fullmatch(key):
                yield f"key {key!r} cannot be the name of a file"
    if item["kind"] == "Service":
        yield from _unique("port", item["spec"].get("ports") or [])


def _labels(labels: Mapping[str, Any]) -> Iterator[str]:
    for key, value in labels.items():
        prefix, _, name = key.rpartition("/")
        if not _QUALIFIED.fullmatch(name) or len(name) > 63 or (prefix and not _SUBDOMAIN.fullmatch(prefix)):
            yield f"label {key!r} is not a qualified name"
        if not isinstance(value, str) or not _LABEL_VALUE.fullmatch(value) or len(value) > 63:
            yield f"label {key} has the invalid value {value!r}"


def _pod(spec: Mapping[str, Any], labels: Mapping[str, Any]) -> Iterator[str]:
    yield from _labels(labels)
    containers = [*spec.get("initContainers", []), *spec.get("containers", [])]
    yield from _unique("container", containers)
    yield from _unique("volume", spec.get("volumes") or [])
    for container in containers:
        if not _LABEL.fullmatch(container["name"]) or len(container["name"]) > 63:
            yield f"container name {container['name']!r}"
        yield from _unique("variable", container.get("env") or [])
        for variable in container.get("env") or []:
            if not _VARIABLE.fullmatch(variable["name"]):
                yield f"variable name {variable['name']!r}"
            if not isinstance(variable.get("value", ""), str):
                yield f"variable {variable['name']} is not a text"
            if "value" in variable and "valueFrom" in variable:
                yield f"variable {variable['name']} has a value and a reference"
        for port in container.get("ports") or []:
            if len(port.get("name", "")) > 15 or not _PORT_NAME.fullmatch(port.get("name", "a")):
                yield f"port name {port['name']!r}"
        paths = Counter(mount["mountPath"] for mount in container.get("volumeMounts") or [])
        yield from (f"two volumes at {path}" for path, count in paths.items() if count > 1)
    ports = Counter(
        (port["containerPort"], port.get("protocol", "TCP"))
        for container in spec.get("containers", [])
        for port in container.get("ports") or []
    )
    yield from (f"port {port[0]} is declared {count} times" for port, count in ports.items() if count > 1)


def _unique(what: str, items: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    counts = Counter(item.get("name") for item in items)
    yield from (f"{what} {name} occurs {count} times" for name, count in counts.items() if count > 1)
