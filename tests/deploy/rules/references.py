"""Everything that an object refers to exists: in the release, or as something that the operator gives."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.deploy.objects import Object, Workload, of_kind, workloads

GIVEN = "given-"
"""Prefix of the names of everything that the values of a test say exists already."""


@dataclass(frozen=True)
class Reference:
    """A ConfigMap, Secret, ServiceAccount or PersistentVolumeClaim that a pod needs."""

    kind: str
    name: str
    key: str | None
    """The key that must exist; None for the whole object."""


def reference_problems(objects: Sequence[Object], documented_keys: str) -> Iterator[str]:
    """References to what does not exist, and ConfigMaps and Secrets without any reference to them.

    Args:
        objects: what Helm renders.
        documented_keys: text that names the keys which a Secret of the operator's must have.
    """
    keys = _keys(objects)
    used: set[tuple[str, str]] = set()
    for workload in workloads(objects):
        for problem in _volumes(workload):
            yield f"{workload.name}: {problem}"
        for reference in references_of(workload):
            used.add((reference.kind, reference.name))
            for problem in _missing(reference, keys, documented_keys):
                yield f"{workload.name}: {problem}"
    used |= {(kind, name) for item in objects for kind, name in _other_users(item)}
    for kind, name in keys:
        found = [item for item in of_kind(objects, kind) if item["metadata"]["name"] == name]
        labels = (found[0]["metadata"].get("labels") or {}) if found else {}
        # Grafana's sidecar finds dashboards by their label.
        if (kind, name) not in used and found and not any("grafana" in label for label in labels):
            yield f"{kind}/{name} is not used by anything"


def _keys(objects: Sequence[Object]) -> dict[tuple[str, str], set[str] | None]:
    """The keys of each ConfigMap and Secret; None if Helm does not render them."""
    keys: dict[tuple[str, str], set[str] | None] = {}
    for item in objects:
        name = item["metadata"]["name"]
        match item["kind"]:
            case "ConfigMap" | "Secret":
                keys[item["kind"], name] = {
                    key for part in ("data", "stringData", "binaryData") for key in item.get(part) or {}
                }
            case "ExternalSecret":
                spec = item["spec"]
                target = (spec.get("target") or {}).get("name", name)
                names = {entry["secretKey"] for entry in spec.get("data") or []}
                keys["Secret", target] = None if spec.get("dataFrom") else names
            case "Certificate":
                keys["Secret", item["spec"]["secretName"]] = {"tls.crt", "tls.key", "ca.crt"}
            case "PersistentVolumeClaim" | "ServiceAccount":
                keys[item["kind"], name] = None
            case _:
                pass
    return keys


def references_of(workload: Workload) -> Iterator[Reference]:
    """The objects that the pods of a workload need before they start."""
    spec = workload.spec
    account = spec.get("serviceAccountName", "default")
    if account != "default":
        yield Reference("ServiceAccount", account, None)
    for secret in spec.get("imagePullSecrets") or []:
        yield Reference("Secret", secret["name"], None)
    for container in workload.containers:
        yield from _environment_references(container)
    for volume in spec.get("volumes") or []:
        yield from _volume_references(volume)


def _environment_references(container: Mapping[str, Any]) -> Iterator[Reference]:
    for source in container.get("envFrom") or []:
        for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            if field in source and not source[field].get("optional"):
                yield Reference(kind, source[field]["name"], None)
    for variable in container.get("env") or []:
        for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            reference = (variable.get("valueFrom") or {}).get(field)
            if reference:
                key = None if reference.get("optional") else reference["key"]
                yield Reference(kind, reference["name"], key)


def _volume_references(volume: Mapping[str, Any]) -> Iterator[Reference]:
    sources = [volume, *((volume.get("projected") or {}).get("sources") or [])]
    for source in sources:
        for field, kind in (("configMap", "ConfigMap"), ("secret", "Secret")):
            reference = source.get(field)
            if not reference or reference.get("optional"):
                continue
            name = reference.get("name") or reference.get("secretName")
            yield Reference(kind, name, None)
            for entry in reference.get("items") or []:
                yield Reference(kind, name, entry["key"])
    if "persistentVolumeClaim" in volume:
        yield Reference("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"], None)


def _missing(
    reference: Reference, keys: Mapping[tuple[str, str], set[str] | None], documented_keys: str
) -> Iterator[str]:
    what = f"{reference.kind}/{reference.name}"
    if reference.name.startswith(GIVEN):
        if reference.key is not None and reference.key not in documented_keys:
            yield f"{what} needs the key {reference.key}, which is documented nowhere"
        return
    if (reference.kind, reference.name) not in keys:
        yield f"{what} does not exist"
        return
    content = keys[reference.kind, reference.name]
    if content is not None and reference.key is not None and reference.key not in content:
        yield f"{what} has no key {reference.key}"


def _volumes(workload: Workload) -> Iterator[str]:
    claims = workload.object["spec"].get("volumeClaimTemplates") or []
    volumes = {volume["name"] for volume in workload.spec.get("volumes") or []}
    volumes |= {claim["metadata"]["name"] for claim in claims}
    mounted = {
        mount["name"] for container in workload.containers for mount in container.get("volumeMounts") or []
    }
    yield from (f"volume {name} does not exist" for name in sorted(mounted - volumes))
    yield from (f"volume {name} is not mounted" for name in sorted(volumes - mounted))


def _other_users(item: Object) -> Iterator[tuple[str, str]]:
    """References of objects that are not pods: certificates of an Ingress, credentials of a ScaledObject."""
    match item["kind"]:
        case "Ingress":
            for entry in item["spec"].get("tls") or []:
                yield "Secret", entry.get("secretName", "")
        case "IngressRoute":
            yield "Secret", (item["spec"].get("tls") or {}).get("secretName", "")
        case "TriggerAuthentication":
            for entry in item["spec"].get("secretTargetRef") or []:
                yield "Secret", entry["name"]
        case _:
            pass
