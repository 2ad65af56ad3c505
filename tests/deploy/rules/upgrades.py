"""Fields that Kubernetes never changes: an upgrade that renders others for the same object fails."""

from collections.abc import Iterator, Sequence
from typing import Any

from tests.deploy.objects import Object, label_of, lasting

_FIXED = {
    "Deployment": ("selector",),
    "StatefulSet": ("selector", "serviceName", "podManagementPolicy", "volumeClaimTemplates"),
    "Service": ("clusterIP",),
    "Job": ("selector", "template", "completions", "podFailurePolicy"),
    "PersistentVolumeClaim": ("accessModes", "storageClassName", "volumeName", "selector"),
}


def upgrade_problems(before: Sequence[Object], after: Sequence[Object]) -> Iterator[str]:
    """Changes that an API server refuses when the one set of objects replaces the other."""
    old = {_identity(item): item for item in lasting(before)}
    for item in lasting(after):
        previous = old.get(_identity(item))
        if previous is None:
            continue
        for field in _FIXED.get(item["kind"], ()):
            if _spec(previous).get(field) != _spec(item).get(field):
                yield (
                    f"{label_of(item)}: {field} cannot change, from {_spec(previous).get(field)} "
                    f"to {_spec(item).get(field)}"
                )
        if item["kind"] in ("ConfigMap", "Secret") and previous.get("immutable") and previous != item:
            yield f"{label_of(item)} is immutable and changes"
        if item["kind"] == "Secret" and previous.get("type") != item.get("type"):
            yield f"{label_of(item)}: the type cannot change"


def _identity(item: Object) -> tuple[str, str, str]:
    return item["apiVersion"].rpartition("/")[0], item["kind"], item["metadata"]["name"]


def _spec(item: Object) -> dict[str, Any]:
    spec: dict[str, Any] = item.get("spec") or {}
    return spec
